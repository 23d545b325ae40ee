// Nothing leaks: lakes in which every value of every record is a mark that occurs once, so that whatever comes out
// tells by itself whose it is. Who consents is known from how a lake is made, without any reading of it.

import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { StediError } from "../../src/errors.js";
import type { RunEvent } from "../../src/pipeline/report.js";
import { runPipeline } from "../../src/pipeline/run.js";
import { lakeStatus } from "../../src/pipeline/status.js";
import { stediPlan } from "../../src/pipeline/stedi-plan.js";
import type { Rules } from "../../src/transforms/policy.js";
import { allRules } from "../support/engine.js";
import * as damages from "../support/lakes-damage.js";
import { plainFraming, type Value } from "../support/lakes-model.js";
import {
  type Entry,
  type Field,
  type Framing,
  type Lake,
  type LakeFile,
  reframe,
  renderLake,
  showLake,
  type TableName,
  tableNames,
  type Writing,
} from "../support/lakes.js";
import { MemoryStore } from "../support/memory-store.js";
import { lakesPerProperty } from "../support/runs.js";
import { manyLakes } from "./support.js";

// ---------------------------------------------------------------------------------------------------------
// Marks. Each stands in one place of the landing zone; `what` says whose it is.

interface Mark {
  readonly what: "email" | "serial" | "customer" | "accelerometer" | "step_trainer" | "instant";
  /** The person; of a step trainer reading or a serial number, the serial number. */
  readonly of: number;
  /** No zone may hold it under any rules: of a damaged record, or in a field that the table does not list. */
  readonly never: boolean;
  /** Whether the snapshot says yes. */
  readonly yes?: boolean;
  /** The time of the reading. */
  readonly time?: number;
}

/** All spellings of a mark, in lower case. Times are the integers of 13 digits. */
const markPattern = /zq\d+y|9081726354\d{5}3|\b1\d{12}\b/g;

class Marks {
  readonly known = new Map<string, Mark>();
  #next = 0;

  text(mark: Mark): string {
    return this.#add(`zq${this.#next}y`, mark);
  }

  number(mark: Mark): Value {
    const digits = this.#add(`9081726354${String(this.#next).padStart(5, "0")}3`, mark);
    return { source: [digits, `-${digits}.0`, `0.${digits}e+2`][this.#next % 3]! };
  }

  /** @param at a time, to within a second: what is behind is the mark */
  time(at: number, mark: Mark): Value {
    return { source: this.#add(String(at + (this.#next + 1)), mark) };
  }

  /** Of several snapshots of one person, as words of the same date are the interesting ones. */
  date(at: number, mark: Mark): Value {
    const text = String(at);
    const other = this.known.get(text) ?? mark;
    const never = mark.never && other.never;
    return { source: this.#add(text, { ...mark, never, yes: mark.yes === true || other.yes === true }) };
  }

  #add(text: string, mark: Mark): string {
    this.known.set(text, mark);
    this.#next++;
    return text;
  }
}

// ---------------------------------------------------------------------------------------------------------
// Lakes of people of known consent

const roles = ["consents", "silent", "withdrew", "damaged", "stranger"] as const;
type Role = (typeof roles)[number];

interface PersonDraft {
  readonly role: Role;
  readonly snapshots: readonly RecordDraft[];
  readonly motions: readonly RecordDraft[];
  readonly steps: readonly RecordDraft[];
}

interface RecordDraft {
  readonly rank: number;
  readonly other: number;
  readonly spoil: number;
  readonly file: number;
  readonly writing: Writing;
}

interface LakeDraft {
  readonly people: readonly PersonDraft[];
  /** Serial numbers of damaged snapshots without a name. */
  readonly nameless: readonly number[];
  readonly framing: number;
  readonly seed: number;
}

const arbNat = fc.nat({ max: 999 });

const arbRecord: fc.Arbitrary<RecordDraft> = fc.record({
  rank: fc.nat({ max: 5 }),
  other: arbNat,
  spoil: arbNat,
  file: fc.nat({ max: 1 }),
  writing: fc.record({ order: arbNat, names: arbNat, escapes: fc.constant(0), spacing: fc.nat({ max: 8 }) }),
});

const records = (minLength: number, maxLength: number): fc.Arbitrary<RecordDraft[]> =>
  fc.array(arbRecord, { minLength, maxLength, size: "max" });

const arbDraft: fc.Arbitrary<LakeDraft> = fc.noBias(
  fc.record({
    people: fc.array(
      fc.record({
        role: fc.oneof(
          { weight: 2, arbitrary: fc.constant("consents" as const) },
          { weight: 2, arbitrary: fc.constantFrom(...roles) },
        ),
        snapshots: records(1, 3),
        motions: records(0, 4),
        steps: records(0, 4),
      }),
      { minLength: 2, maxLength: 5, size: "max" },
    ),
    nameless: fc.array(arbNat, { maxLength: 1 }),
    framing: arbNat,
    seed: fc.nat({ max: 99_999 }),
  }),
);

const framings: readonly Framing[] = [
  plainFraming,
  { ...plainFraming, gap: "" },
  { ...plainFraming, gap: "", gzip: { members: 2, cut: 0 } },
  { ...plainFraming, array: { open: "[", comma: ",", close: "]" } },
  { ...plainFraming, bom: true, gap: "\r\n", spacing: 3 },
];

/** Readings meet in these. */
const instants = [1_650_000_000_000, 1_650_000_000_001] as const;
/** Of readings and consents: rank 5 comes after all readings at the instants. */
const dateOf = (rank: number): number => 1_600_000_000_000 + rank * 12_000_000_000;
/** Of words: like no date of `dateOf`, nor anybody else's. */
const wordOf = (person: number, rank: number): number => dateOf(rank) + 1_000_000_000 + person * 10;

const readingSpoils = [
  damages.cut,
  damages.syntax,
  damages.naming,
  damages.garbage,
  damages.encoding,
  damages.duplicateField,
  damages.contract,
  damages.tooDeep,
];

interface Planted {
  readonly lake: Lake;
  readonly marks: ReadonlyMap<string, Mark>;
  /** Whether a zone may hold a mark under some rules. */
  readonly allowed: (mark: Mark, zone: string, rules: Rules) => boolean;
}

function plant(draft: LakeDraft): Planted {
  const marks = new Marks();
  const files: Record<TableName, Entry[][]> = {
    customer: [[], []],
    accelerometer: [[], []],
    step_trainer: [[], []],
  };
  const { people } = draft;
  const emails = people.map((_, of) => marks.text({ what: "email", of, never: false }));
  const serials = people.map((_, of) => marks.text({ what: "serial", of, never: false }));
  for (const instant of instants) {
    marks.known.set(String(instant), { what: "instant", of: 0, never: false });
  }
  /** For each serial number, who registered it, and who did so with a yes; -1 is somebody unknown. */
  const owners = serials.map(() => new Set<number>());
  const saidYes = serials.map(() => new Set<number>());
  const since = new Map<number, number>();
  const email = (of: number, how: number): string =>
    [`${emails[of]!}@example.test`, ` ${emails[of]!.toUpperCase()}@example.test`][how % 2]!;
  const serial = (of: number, how: number): string =>
    [serials[of]!, `${serials[of]!.toUpperCase()}\t`][how % 2]!;

  people.forEach(({ role, snapshots, motions, steps }, of) => {
    const own = (record: RecordDraft): number => (record.other % 4 === 3 ? record.rank % people.length : of);

    if (role !== "stranger") {
      const last = Math.max(...snapshots.map(({ rank }) => rank));
      snapshots.forEach((record, index) => {
        const isLast = index === snapshots.length - 1;
        const registered = own(record);
        // The last of the list is the latest word, or of the same date as it where that is no.
        const updated = wordOf(of, isLast ? last : record.rank) + (isLast && role === "consents" ? 1 : 0);
        const yes = role === "consents" ? isLast || record.other % 2 === 0 : role !== "silent" && !isLast;
        const broken = role === "damaged" && isLast;
        const mark: Mark = { what: "customer", of, never: broken, yes };
        owners[registered]!.add(of);
        if (yes && !broken) saidYes[registered]!.add(of);
        const consentAt = dateOf(record.rank);
        const fields: Field[] = [
          ["customerName", `${marks.text(mark)} of it`],
          ["email", email(of, record.other)],
          ["phone", marks.text(mark)],
          ["birthDay", marks.text(mark)],
          ["serialNumber", serial(registered, record.other)],
          ["registrationDate", marks.time(consentAt, mark)],
          ["lastUpdateDate", marks.date(updated, mark)],
          ...(yes ? [["shareWithResearchAsOfDate", marks.time(consentAt, mark)] as const] : []),
          ["shareWithPublicAsOfDate", marks.time(consentAt, mark)],
          ["shareWithFriendsAsOfDate", marks.time(consentAt, mark)],
          ["note", marks.text({ ...mark, never: true })],
          [marks.text({ ...mark, never: true }), marks.number({ ...mark, never: true })],
        ];
        if (isLast) since.set(of, consentAt);
        files.customer[record.file]!.push(
          broken
            ? damagedSnapshot(fields, record)
            : { kind: "good", fields, writing: record.writing, gap: null },
        );
      });
    }

    for (const record of motions) {
      const broken = record.spoil % 6 === 0;
      const shared = record.other % 3 !== 0;
      const at = shared ? instants[record.rank % 2]! : dateOf(record.rank);
      const mark: Mark = { what: "accelerometer", of, never: broken, time: at };
      const fields: Field[] = [
        ["user", email(of, record.other)],
        ["timestamp", shared ? { source: String(at) } : marks.time(at, mark)],
        ["x", marks.number(mark)],
        ["y", marks.number(mark)],
        ["z", marks.number(mark)],
        ["note", marks.text({ ...mark, never: true })],
      ];
      add("accelerometer", of, fields, record, broken);
    }
    for (const record of steps) {
      const broken = record.spoil % 6 === 0;
      const shared = record.other % 3 !== 0;
      const registered = own(record);
      const at = shared ? instants[record.rank % 2]! : dateOf(record.rank);
      const mark: Mark = { what: "step_trainer", of: registered, never: broken, time: at };
      const fields: Field[] = [
        ["sensorReadingTime", shared ? { source: String(at) } : marks.time(at, mark)],
        ["serialNumber", serial(registered, record.other)],
        ["distanceFromObject", marks.number(mark)],
        [marks.text({ ...mark, never: true }), { source: "null" }],
      ];
      add("step_trainer", of, fields, record, broken);
    }
  });

  for (const of of draft.nameless) {
    const registered = of % people.length;
    owners[registered]!.add(-1);
    const mark: Mark = { what: "customer", of: -1, never: true };
    const text = `{"phone":"${marks.text(mark)}","serialNumber":"${serial(registered, of)}"`.replace(
      "\t",
      "\\t",
    );
    const whole = of % 2 === 0;
    files.customer[of % 2]!.push({
      kind: "damaged",
      damage: "nameless",
      whole,
      reason: whole ? "contract" : null,
      bytes: Buffer.from(whole ? `${text}}` : text),
      gap: null,
    });
  }

  function add(
    table: TableName,
    of: number,
    fields: readonly Field[],
    record: RecordDraft,
    broken: boolean,
  ): void {
    const { writing, spoil, other, file } = record;
    const into = files[table][file]!;
    if (!broken) {
      into.push({ kind: "good", fields, writing, gap: null });
      return;
    }
    const victim = { table, fields, writing, person: () => email(of, 0), serial: () => serial(of, 0) };
    const change = readingSpoils[spoil % readingSpoils.length]!;
    into.push({ kind: "damaged", gap: null, ...change(victim, other, spoil) });
  }

  const consents = (of: number, { consent }: Rules): boolean =>
    consent === "any" ? saidYes.some((who) => who.has(of)) : people[of]?.role === "consents";
  const isShared = (of: number, rules: Rules): boolean =>
    rules.consent === "any"
      ? saidYes[of]!.size === 0
      : owners[of]!.size === 0 || [...owners[of]!].some((owner) => !consents(owner, rules));
  const allowed = (mark: Mark, zone: string, rules: Rules): boolean => {
    if (mark.never) return false;
    const asOf = rules.consent === "as-of";
    const customers = zone.startsWith("customer_");
    switch (mark.what) {
      case "instant":
        return !customers;
      case "email":
        return (customers || zone === "accelerometer_trusted") && consents(mark.of, rules);
      case "serial":
        if (zone === "accelerometer_trusted") return false;
        if (!customers) return !isShared(mark.of, rules);
        return [...owners[mark.of]!].some((owner) => consents(owner, rules));
      case "customer":
        return customers && mark.yes === true && consents(mark.of, rules);
      case "accelerometer":
        if (zone !== "accelerometer_trusted" && zone !== "machine_learning_curated") return false;
        return consents(mark.of, rules) && !(asOf && mark.time! + 1000 < since.get(mark.of)!);
      case "step_trainer":
        return !customers && zone !== "accelerometer_trusted" && !isShared(mark.of, rules);
    }
  };

  const made = (table: TableName): LakeFile[] =>
    files[table].map((entries, index) => ({
      stem: `part-${index}`,
      framing: framings[(draft.framing + index) % framings.length]!,
      entries,
    }));
  const lake: Lake = {
    tables: Object.fromEntries(tableNames.map((table) => [table, made(table)])) as Record<
      TableName,
      LakeFile[]
    >,
    ignored: [],
  };
  return { lake: reframe(lake, draft.seed), marks: marks.known, allowed };
}

/** A snapshot that is damaged, but names its person and serial number: so it counts as their no. */
function damagedSnapshot(fields: readonly Field[], { spoil }: RecordDraft): Entry {
  const source = (value: Value): string => (typeof value === "string" ? JSON.stringify(value) : value.source);
  const members = fields.map(([name, value]) => `"${name}":${source(value)}`);
  const [, email, , , serial] = members;
  const first = `${email!},${serial!}`;
  const inside = members.filter((member) => member !== email && member !== serial).join(",");
  const text = `{${first},${inside}`;
  const ways: readonly (readonly [
    reason: "contract" | "duplicate_field" | "encoding" | null,
    text: string,
  ])[] = [
    ["contract", `${text.replace(/"phone":("[^"]*")/, '"phone":[$1]')}}`],
    ["contract", `${text.replace(/"lastUpdateDate":\d+/, '"lastUpdateDate":"soon"')}}`],
    [
      "duplicate_field",
      `${text},"sharewithresearchasofdate":null,"shareWithResearchAsOfDate":1655564444103}`,
    ],
    ["encoding", `${text},"x":"\\ud800"}`],
    [null, text.slice(0, 2 + first.length + (spoil % inside.length))],
    [null, `${text},}`],
    [null, text.slice(1)],
    [null, `${text},"deep":${"[".repeat(70)}`],
    ["contract", `{"old":[${text}}]}`],
  ];
  const [reason, written] = ways[spoil % ways.length]!;
  const base = { kind: "damaged", damage: "snapshot", bytes: Buffer.from(written), gap: null } as const;
  return reason === null ? { ...base, whole: false, reason } : { ...base, whole: true, reason };
}

// ---------------------------------------------------------------------------------------------------------

const found = (text: string): readonly string[] => text.toLowerCase().match(markPattern) ?? [];

const textOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString("utf8");

/** What a run shows of itself, besides the files that it writes. */
async function runAndListen(
  lake: MemoryStore,
  out: MemoryStore,
  rules: Rules,
  strict: boolean,
): Promise<readonly unknown[]> {
  const heard: unknown[] = [];
  const onEvent = (event: RunEvent): void => void heard.push(event);
  try {
    heard.push(await runPipeline({ lake, out, rules, strict, onEvent }));
  } catch (error) {
    if (!(error instanceof StediError)) throw error;
    heard.push(error.code, error.message, error.parts);
  }
  heard.push(await lakeStatus({ lake, out, rules }));
  return heard;
}

const zoneFolders = new Map(stediPlan.zones.map((zone) => [zone.folder, zone.name]));

describe("nothing leaks", () => {
  /** How many rows all zones held: without any, nothing would have been tried. */
  const rows = new Map<string, number>();

  for (const rules of allRules) {
    test(`--consent ${rules.consent} --pair ${rules.pair}: zones hold marks of consent only, and nothing else holds any`, async () => {
      await fc.assert(
        fc.asyncProperty(arbDraft, async (draft) => {
          const { lake, marks, allowed } = plant(draft);
          const files = renderLake(lake);
          const show = (): string => showLake(lake);
          for (const strict of [false, true]) {
            const out = new MemoryStore();
            const heard = await runAndListen(new MemoryStore(files), out, rules, strict);
            expect(found(JSON.stringify(heard)), show()).toEqual([]);
            for (const [path, bytes] of out.files) {
              expect(found(path), show()).toEqual([]);
              const zone = zoneFolders.get(path.slice(0, path.indexOf("/run=")));
              const marked = found(textOf(bytes));
              if (zone === undefined) {
                expect(marked, `${path}\n${show()}`).toEqual([]);
                continue;
              }
              const leaked = marked.filter((text) => {
                const mark = marks.get(text);
                return mark === undefined || !allowed(mark, zone, rules);
              });
              expect(leaked, `in ${zone}\n${show()}`).toEqual([]);
              rows.set(zone, (rows.get(zone) ?? 0) + textOf(bytes).split("\n").length - 1);
            }
          }
        }),
        { numRuns: Math.ceil(lakesPerProperty / 10) },
      );
    });
  }

  afterAll(() => {
    if (!manyLakes) return;
    for (const zone of zoneFolders.values()) expect(rows.get(zone) ?? 0, zone).toBeGreaterThan(0);
  });
});
