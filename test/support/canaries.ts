// Canaries: made-up values that stand in one place of the landing zone each, and a search that finds them again, plain
// or disguised, in whatever a run has written or said.

import { createHash } from "node:crypto";

/** A planted value, and the zones that may hold it; of a value that no zone may hold, none. */
export interface Canary {
  readonly value: string;
  readonly zones: readonly string[];
}

/** Finds planted values. */
export class Aviary {
  readonly #known = new Map<string, Canary>();

  /** Plants a value. @param what it is; told where it is found @param form the value around its mark */
  plant(what: string, zones: readonly string[] = [], form = (mark: string): string => mark): string {
    const mark = `Zq${createHash("sha256").update(what).digest("hex").slice(0, 10)}`;
    if (this.#known.has(what)) throw new Error(`${what} was planted before`);
    const value = form(mark);
    this.#known.set(what, { value, zones });
    return value;
  }

  /** @returns what was found of what may not stand there. @param zone where the bytes are of a zone */
  found(bytes: Uint8Array | string, zone?: string): readonly string[] {
    const text = Buffer.from(bytes).toString("latin1");
    const lower = text.toLowerCase();
    const isIn = ({ value }: Canary): boolean =>
      disguises(value).some((form) => lower.includes(form.toLowerCase())) ||
      inBase64(value).some((form) => text.includes(form));
    return [...this.#known]
      .filter(([, canary]) => !(zone !== undefined && canary.zones.includes(zone)) && isIn(canary))
      .map(([what]) => what);
  }

  /** What stands in none of the zones that may hold it: then the search has searched nothing. */
  missing(zones: ReadonlyMap<string, Uint8Array>): readonly string[] {
    return [...this.#known]
      .filter(([, { value, zones: homes }]) =>
        homes.some((zone) => !Buffer.from(zones.get(zone) ?? "").includes(value)),
      )
      .map(([what]) => what);
  }
}

function disguises(value: string): readonly string[] {
  const bytes = Buffer.from(value);
  return [
    value,
    bytes.toString("hex"),
    bytes.toString("utf16le"),
    encodeURIComponent(value),
    ...["md5", "sha1", "sha256"].flatMap((hash) =>
      [value, value.toLowerCase()].map((each) => createHash(hash).update(each).digest("hex")),
    ),
  ];
}

/** The value in base64, at each of the three places where it may begin in a group. */
function inBase64(value: string): readonly string[] {
  return [0, 1, 2].map((before) => {
    const text = Buffer.from("x".repeat(before) + value).toString("base64");
    // The first and the last characters hold bits of what stands beside it.
    return text.slice(Math.ceil((before * 4) / 3), Math.floor(((before + value.length) * 4) / 3) - 1);
  });
}
