// The reference knows research only. On a lake in which the two fields have changed names, what it keeps for research is
// what must be kept for the public.

import { gzipSync } from "node:zlib";
import { gunzip } from "../../src/reference/index.js";

/** A name in any case, each of its characters perhaps escaped. */
function anySpelling(name: string): string {
  const escaped = (letter: string): string => `\\\\u00${letter.charCodeAt(0).toString(16)}`;
  const spelled = (letter: string): string =>
    `(?:${letter}|${escaped(letter.toLowerCase())}|${escaped(letter.toUpperCase())})`;
  return Array.from(name, spelled).join("");
}

const research = "shareWithResearchAsOfDate";
const publicly = "shareWithPublicAsOfDate";
const names = new RegExp(`(${anySpelling(research)})|${anySpelling(publicly)}`, "gi");

/** The same lake, with `shareWithPublicAsOfDate` in the place of `shareWithResearchAsOfDate` and the reverse. */
export function sharedWithPublic(files: ReadonlyMap<string, Uint8Array>): Map<string, Uint8Array> {
  return new Map(
    [...files].map(([path, bytes]) => {
      if (!path.startsWith("customer/landing/")) return [path, bytes];
      if (!path.endsWith(".json.gz")) return [path, swapped(bytes)];
      const { bytes: content, cutOff } = gunzip(bytes);
      if (cutOff) throw new Error("a cut-off gzip cannot be written again");
      return [path, gzipSync(swapped(content))];
    }),
  );
}

function swapped(bytes: Uint8Array): Uint8Array {
  const text = Buffer.from(bytes).toString("latin1"); // bytes that are not UTF-8 stay as they are
  const renamed = text.replace(names, (_, isResearch: string | undefined) =>
    isResearch === undefined ? research : publicly,
  );
  return Buffer.from(renamed, "latin1");
}
