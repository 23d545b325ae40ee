// Holds the lakes of the property tests to what they promise: that every hazard comes up, that their model
// tells the truth about the bytes, and that the changes with a known effect have that effect.
import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import {
  referenceRun,
  type Pairing,
  type Policy,
  type ReferenceResult,
  type ZoneName,
} from "../../src/reference/index.js";
import { people, serials, stems } from "./lakes-pools.js";
import {
  arbCleanLake,
  arbFreshPerson,
  arbLake,
  inLandingOrder,
  isCleanFile,
  keyOf,
  laterDamages,
  listedFields,
  pathOf,
  peopleOf,
  recut,
  reframe,
  renderContent,
  renderEntry,
  renderLake,
  respell,
  showLake,
  shuffleFiles,
  sourceOf,
  tableNames,
  textOf,
  withLaterNo,
  withPerson,
  type DamagedEntry,
  type Entry,
  type GoodEntry,
  type Lake,
  type LakeFile,
  type TableName,
} from "./lakes.js";

// On a busy machine hundreds of reference runs take their time, and that is not what is tested.
vi.setConfig({ testTimeout: 300_000 });

// Fixed, so that the shares below do not waver.
const seed = 20220618;
const sampleSize = 500;
const sample = fc.sample(arbLake(), { numRuns: sampleSize, seed });
const policies: readonly Policy[] = ["latest", "as-of", "any"];
const pairings: readonly Pairing[] = ["person", "timestamp"];

function entriesOf(lake: Lake, table: TableName): Entry[] {
  return inLandingOrder(table, lake.tables[table]).flatMap((file) => file.entries);
}

function goodOf(lake: Lake, table: TableName): GoodEntry[] {
  return entriesOf(lake, table).filter((entry) => entry.kind === "good");
}

function damagedOf(lake: Lake, ...tables: readonly TableName[]): DamagedEntry[] {
  return tables.flatMap((table) => entriesOf(lake, table).filter((entry) => entry.kind === "damaged"));
}

function allFiles(lake: Lake): LakeFile[] {
  return tableNames.flatMap((table) => lake.tables[table]);
}

/** All contents, a character for each byte. */
function contentsOf(lake: Lake): string[] {
  return tableNames.flatMap((table) =>
    lake.tables[table].map((file) => Buffer.from(renderContent(table, file)).toString("latin1")),
  );
}

const contents = new Map(sample.map((lake) => [lake, contentsOf(lake)]));

function everyReference(lake: Lake): ReferenceResult[] {
  const files = renderLake(lake);
  return policies.flatMap((consent) => pairings.map((pair) => referenceRun(files, { consent, pair })));
}

// ---------------------------------------------------------------------------------------------------------

describe("pools", () => {
  test("each row has one key, and no two rows have the same", () => {
    for (const pool of [people, serials]) {
      for (const row of pool) expect(new Set(row.map(keyOf)).size).toBe(1);
      expect(new Set(pool.map((row) => keyOf(row[0]!))).size).toBe(pool.length);
    }
  });

  test("files sort in the same order, compressed or not", () => {
    const compare = (a: string, b: string): number =>
      Math.sign(Buffer.compare(Buffer.from(a), Buffer.from(b)));
    for (const a of stems) {
      for (const b of stems) {
        if (a === b) continue;
        const orders = [".json", ".json.gz"].flatMap((x) =>
          [".json", ".json.gz"].map((y) => compare(a + x, b + y)),
        );
        expect(new Set(orders).size).toBe(1);
      }
    }
  });
});

describe("model", () => {
  test("the same lake gives the same bytes, and the same seed the same lakes", () => {
    for (const lake of sample.slice(0, 50)) expect(renderLake(lake)).toEqual(renderLake(lake));
    const again = fc.sample(arbLake(), { numRuns: 50, seed });
    expect(again.map(renderLake)).toEqual(sample.slice(0, 50).map(renderLake));
  });

  test("lakes are small", () => {
    for (const lake of sample) {
      expect(allFiles(lake).length).toBeLessThanOrEqual(9);
      for (const table of tableNames) expect(entriesOf(lake, table).length).toBeLessThanOrEqual(30);
    }
  });

  test("paths are unique", () => {
    for (const lake of sample) {
      const files = allFiles(lake).length + lake.ignored.length;
      expect(renderLake(lake).size).toBe(files);
    }
  });

  test("good records are whole JSON with the fields of their table", () => {
    for (const lake of sample) {
      for (const table of tableNames) {
        for (const entry of goodOf(lake, table)) {
          const parsed: unknown = JSON.parse(Buffer.from(renderEntry(table, entry)).toString("utf8"));
          const names = Object.keys(parsed as object).map((name) => name.toLowerCase());
          for (const [name, kind] of listedFields[table]) {
            const times = names.filter((found) => found === name.toLowerCase()).length;
            const least = kind === "text" || kind === "date" ? 0 : 1;
            expect(times).toBeGreaterThanOrEqual(least);
            expect(times).toBeLessThanOrEqual(1);
          }
        }
      }
    }
  });

  test("damaged records are whole where they say so, and broken or garbage otherwise", () => {
    for (const entry of sample.flatMap((lake) => damagedOf(lake, ...tableNames))) {
      const text = Buffer.from(entry.bytes).toString("utf8");
      if (entry.whole) {
        expect(() => JSON.parse(text) as unknown).not.toThrow();
        expect(entry.reason).not.toBeNull();
      } else if (entry.damage.startsWith("garbage")) {
        expect(text).not.toContain("{");
      } else {
        expect(text.startsWith("{")).toBe(true);
        if (entry.damage !== "too_deep: closed") expect(() => JSON.parse(text) as unknown).toThrow();
      }
    }
  });

  test("clean lakes hold nothing that could swallow its neighbours", () => {
    for (const lake of fc.sample(arbCleanLake(), { numRuns: 100, seed })) {
      expect(allFiles(lake).every(isCleanFile)).toBe(true);
    }
  });

  test("options keep their word", () => {
    const most = { customer: 2, accelerometer: 0, step_trainer: 1 };
    for (const lake of fc.sample(arbLake({ damaged: 0, most }), { numRuns: 50, seed })) {
      expect(damagedOf(lake, ...tableNames)).toEqual([]);
      // A record that stands twice counts once here.
      expect(new Set(entriesOf(lake, "customer")).size).toBeLessThanOrEqual(2);
      expect(entriesOf(lake, "accelerometer")).toEqual([]);
      expect(new Set(entriesOf(lake, "step_trainer")).size).toBeLessThanOrEqual(1);
    }
  });

  test("a lake can be shown", () => {
    const lake = sample[0]!;
    const shown = showLake(lake);
    for (const table of tableNames) {
      for (const file of lake.tables[table]) expect(shown).toContain(JSON.stringify(pathOf(table, file)));
    }
  });

  test("a failure shrinks to little", () => {
    const details = fc.check(
      fc.property(arbLake(), (lake) => !damagedOf(lake, "customer").some((entry) => !entry.whole)),
      { seed, numRuns: 200 },
    );
    const [smallest] = details.counterexample ?? [];
    expect(smallest).toBeDefined();
    const entries = tableNames.flatMap((table) => entriesOf(smallest!, table));
    expect(entries.length).toBeLessThanOrEqual(3);
    expect(allFiles(smallest!).length).toBeLessThanOrEqual(3);
  });
});

// ---------------------------------------------------------------------------------------------------------

type Hazard = readonly [name: string, occurs: (lake: Lake) => boolean];

const content =
  (matches: RegExp | ((text: string) => boolean)): Hazard[1] =>
  (lake) =>
    contents.get(lake)!.some((text) => (matches instanceof RegExp ? matches.test(text) : matches(text)));

const file =
  (matches: (file: LakeFile) => boolean): Hazard[1] =>
  (lake) =>
    allFiles(lake).some(matches);

const path =
  (matches: RegExp): Hazard[1] =>
  (lake) =>
    [...renderLake(lake).keys()].some((name) => matches.test(name));

const good =
  (matches: (entry: GoodEntry) => boolean): Hazard[1] =>
  (lake) =>
    tableNames.some((table) => goodOf(lake, table).some(matches));

const value =
  (matches: (source: string, name: string) => boolean): Hazard[1] =>
  (lake) =>
    good(({ fields }) =>
      fields.some(([name, given]) =>
        matches(typeof given === "string" ? JSON.stringify(given) : given.source, name),
      ),
    )(lake);

/** Whether any two good records of two tables (or of one) have something to do with each other. */
const meeting =
  (a: TableName, b: TableName, meet: (a: GoodEntry, b: GoodEntry) => boolean): Hazard[1] =>
  (lake) =>
    goodOf(lake, a).some((first) =>
      goodOf(lake, b).some((second) => first !== second && meet(first, second)),
    );

const personIn = (entry: GoodEntry): string => keyOf(textOf(entry, "email") ?? textOf(entry, "user") ?? "");
const serialIn = (entry: GoodEntry): string => keyOf(textOf(entry, "serialNumber") ?? "");
const timeIn = (entry: GoodEntry): number =>
  Number(
    sourceOf(entry, "lastUpdateDate") ?? sourceOf(entry, "timestamp") ?? sourceOf(entry, "sensorReadingTime"),
  );
const consentIn = (entry: GoodEntry): number => {
  const source = sourceOf(entry, "shareWithResearchAsOfDate");
  // A blank date: any spelling of null, "" or zero.
  return source === undefined || source === '""' ? 0 : Number(source);
};
const says = (entry: GoodEntry): boolean => consentIn(entry) !== 0;
const sameRegistration = (a: GoodEntry, b: GoodEntry): boolean =>
  personIn(a) === personIn(b) && serialIn(a) === serialIn(b);

const framingHazards: readonly Hazard[] = [
  ["one a line", content(/\}\n\{/)],
  ["CRLF", content(/\}\r\n\{/)],
  ["CR alone", content(/\}\r\{/)],
  ["blank lines", content(/\}\n\n\{/)],
  ["back to back", content(/\}\{"/)],
  ["spaces and tabs", content(/\}[ \t]+\{/)],
  ["framings mixed within a file", content((text) => text.includes("}{") && /\}\s*\n\s*\{/.test(text))],
  ["indented", content(/\{\n {2}"/)],
  ["indented with CRLF", content(/\{\r\n\t"/)],
  ["array", content(/^\[\{/)],
  ["array with white space before it", content(/^(\xef\xbb\xbf)?\s+\[/)],
  ["array over lines", content(/^\[\n\{[^]*\},\n\{/)],
  ["arrays back to back", content(/\}\]\[\{/)],
  ["array with an odd comma", content(/\},,\{|\},\]/)],
  ["byte-order mark at the start", content(/^\xef\xbb\xbf/)],
  ["byte-order mark elsewhere", content(/[^]\xef\xbb\xbf/)],
  ["no final newline", content(/\}$/)],
  ["white space at the start", content(/^\s+\{/)],
  ["no bytes", content((text) => text === "")],
  ["white space only", content(/^\s+$/)],
  ["file cut off", file(({ framing }) => framing.cut > 0)],
  [
    "record or file cut off within a character",
    (lake) =>
      tableNames.some((table) =>
        lake.tables[table].some((found) => {
          const cut = found.entries.filter((entry) => entry.kind === "damaged" && entry.damage === "cut");
          const ends = cut.map((entry) => renderEntry(table, entry));
          if (found.framing.cut > 0) ends.push(renderContent(table, found));
          return ends.some((bytes) => Buffer.from(bytes).toString("utf8").endsWith("\ufffd"));
        }),
      ),
  ],
  ["compressed", file(({ framing }) => framing.gzip !== null && framing.gzip.members === 1)],
  ["compressed in members", file(({ framing }) => (framing.gzip?.members ?? 0) > 1)],
  ["compressed, cut off", file(({ framing }) => (framing.gzip?.cut ?? 0) > 8)],
  [
    "compressed, cut off in the checksum",
    file(({ framing }) => [1, 2, 3, 4, 5, 6, 7, 8].includes(framing.gzip?.cut ?? 0)),
  ],
  [
    "compressed, no bytes left",
    (lake) => [...renderLake(lake)].some(([name, b]) => name.endsWith(".gz") && b.length === 0),
  ],
  [
    "damaged and good in one file",
    file(({ entries }) => new Set(entries.map(({ kind }) => kind)).size === 2),
  ],
  ["table without files", (lake) => tableNames.some((table) => lake.tables[table].length === 0)],
  ["table in three files", (lake) => tableNames.some((table) => lake.tables[table].length === 3)],
  ["folders", path(/landing\/.*\/.*\.json/)],
  ["folder that ends like a file", path(/\.json\/.*\.json/)],
  ["space in a path", path(/ .*\.json/)],
  ["plus in a path", path(/\+.*\.json/)],
  ["percent in a path", path(/%.*\.json/)],
  ["path beyond ASCII", path(/[^ -~].*\.json/)],
  ["path beyond 16 bits", path(/\p{RI}|\p{Emoji_Presentation}/u)],
  ["other ending", path(/\.(txt|csv|bak|jsonl|gz|JSON|GZ)$|\/json$/)],
  ["ending in capitals", path(/\.JSON$/)],
  ["hidden file", path(/\/[._][^/]*$/)],
  ["file in a hidden folder", path(/\/[._][^/]*\/[^/]+$/)],
  ["folder beside the landing folder", path(/landing-old/)],
];

const spellingHazards: readonly Hazard[] = [
  ["key in capitals", value((source, name) => /^(email|user)$/.test(name) && /[A-Z]@/.test(source))],
  [
    "key in NFD",
    value((source, name) => /^(email|user|serialNumber)$/.test(name) && source.includes("e\u0301")),
  ],
  [
    "white space around a key",
    value((source, name) => /^(email|user|serialNumber)$/.test(name) && /^" |\\[trn]"$/.test(source)),
  ],
  [
    "other white space around a key",
    value((source, name) => /^(email|user)$/.test(name) && source.startsWith('"\u00a0')),
  ],
  [
    "key that objects have",
    value((source, name) => /^(email|user|serialNumber)$/.test(name) && source === '"__proto__"'),
  ],
  ["field name in capitals", content(/"(EMAIL|USER|SERIALNUMBER|TIMESTAMP|X)"/)],
  ["field name of older files", content(/"timeStamp"/)],
  ["field name in escapes", content(/"\\u00(65|75|73|74|78)\w*"/)],
  ["text in escapes", content(/:\s*"(\\u[0-9a-fA-F]{4})+"/)],
  ["escaped slash", content(/[^\\]\\\//)],
  ["text beyond ASCII", content(/[\xc3-\xf4][\x80-\xbf]/)],
  ["surrogate pair in escapes", content(/\\ud83[de]\\ud[ed]/i)],
  ["text that looks like a record", value((source) => source.startsWith('"{\\"email'))],
  ["text with braces back to back", value((source) => source === '"}{"')],
  ["fields in another order", content(/\{"(x|y|z|serialNumber|distanceFromObject)":/)],
  ["unlisted field", value((_, name) => name === "note")],
  ["unlisted field twice", good(({ fields }) => new Set(fields.map(([name]) => name)).size < fields.length)],
  ["unlisted nested field", value((source, name) => name === "nested" && source.startsWith("{"))],
  ["unlisted field that objects have", value((_, name) => name === "__proto__" || name === "constructor")],
  ["unlisted field that is nearly listed", value((_, name) => /[\u0131\u0130\u017f]/.test(name))],
  ["nested as deep as may be", value((source, name) => name === "deep" && source.length > 100)],
  [
    "blank date absent",
    good(
      (entry) =>
        sourceOf(entry, "lastUpdateDate") !== undefined &&
        sourceOf(entry, "shareWithResearchAsOfDate") === undefined,
    ),
  ],
  ...["null", '""', "0", "-0", "0.0", "0e5", "-0.00E+1"].map((source): Hazard => [
    `blank date ${source}`,
    good((entry) => sourceOf(entry, "shareWithResearchAsOfDate") === source),
  ]),
  ...["-0", "-1.0", "1E2", "0.1e-5", "12345678901234567890", "9007199254740993", "1e-400"].map(
    (source): Hazard => [
      `number ${source}`,
      value((given, name) => given === source && /^([xyz]|distance.*)$/.test(name)),
    ],
  ),
  ["text null", value((source, name) => source === "null" && name === "phone")],
  ["text empty", value((source, name) => source === '""' && name === "phone")],
];

const consentHazards: readonly Hazard[] = [
  [
    "withdrawal",
    meeting(
      "customer",
      "customer",
      (a, b) => sameRegistration(a, b) && says(a) && !says(b) && timeIn(a) < timeIn(b),
    ),
  ],
  [
    "consent given later",
    meeting(
      "customer",
      "customer",
      (a, b) => sameRegistration(a, b) && !says(a) && says(b) && timeIn(a) < timeIn(b),
    ),
  ],
  [
    "yes and no at one date",
    meeting(
      "customer",
      "customer",
      (a, b) => sameRegistration(a, b) && says(a) && !says(b) && timeIn(a) === timeIn(b),
    ),
  ],
  [
    "yes and no at one date, over two serial numbers",
    meeting(
      "customer",
      "customer",
      (a, b) =>
        personIn(a) === personIn(b) &&
        serialIn(a) !== serialIn(b) &&
        says(a) &&
        !says(b) &&
        timeIn(a) === timeIn(b),
    ),
  ],
  [
    "two yes at one date, from different dates on",
    meeting(
      "customer",
      "customer",
      (a, b) =>
        sameRegistration(a, b) &&
        says(a) &&
        says(b) &&
        timeIn(a) === timeIn(b) &&
        consentIn(a) < consentIn(b),
    ),
  ],
  [
    "two yes at one date, that differ in something else",
    meeting(
      "customer",
      "customer",
      (a, b) => sameRegistration(a, b) && says(a) && timeIn(a) === timeIn(b) && consentIn(a) === consentIn(b),
    ),
  ],
  [
    "a record that stands twice",
    (lake) =>
      tableNames.some((table) => new Set(entriesOf(lake, table)).size < entriesOf(lake, table).length),
  ],
  [
    "several serial numbers of a person",
    meeting("customer", "customer", (a, b) => personIn(a) === personIn(b) && serialIn(a) !== serialIn(b)),
  ],
  [
    "serial number of several people",
    meeting("customer", "customer", (a, b) => personIn(a) !== personIn(b) && serialIn(a) === serialIn(b)),
  ],
  [
    "one key, two spellings",
    meeting(
      "customer",
      "accelerometer",
      (a, b) => personIn(a) === personIn(b) && textOf(a, "email") !== textOf(b, "user"),
    ),
  ],
  [
    "people at the same time",
    meeting(
      "accelerometer",
      "accelerometer",
      (a, b) => personIn(a) !== personIn(b) && timeIn(a) === timeIn(b),
    ),
  ],
  [
    "a person twice at the same time",
    meeting(
      "accelerometer",
      "accelerometer",
      (a, b) => personIn(a) === personIn(b) && timeIn(a) === timeIn(b),
    ),
  ],
  [
    "reading before the consent date",
    meeting(
      "customer",
      "accelerometer",
      (a, b) => personIn(a) === personIn(b) && says(a) && timeIn(b) < consentIn(a),
    ),
  ],
  [
    "reading at the consent date",
    meeting(
      "customer",
      "accelerometer",
      (a, b) => personIn(a) === personIn(b) && says(a) && timeIn(b) === consentIn(a),
    ),
  ],
  [
    "reading after the consent date",
    meeting(
      "customer",
      "accelerometer",
      (a, b) => personIn(a) === personIn(b) && says(a) && timeIn(b) > consentIn(a),
    ),
  ],
  ["pair of readings", meeting("accelerometer", "step_trainer", (a, b) => timeIn(a) === timeIn(b))],
  [
    "unknown person",
    (lake) =>
      goodOf(lake, "accelerometer").some(
        (a) => !goodOf(lake, "customer").some((c) => personIn(c) === personIn(a)),
      ),
  ],
  [
    "unknown serial number",
    (lake) =>
      goodOf(lake, "step_trainer").some(
        (s) => !goodOf(lake, "customer").some((c) => serialIn(c) === serialIn(s)),
      ),
  ],
  [
    "readings of nobody",
    (lake) =>
      peopleOf(lake).some(({ key }) => !goodOf(lake, "accelerometer").some((a) => personIn(a) === key)),
  ],
];

const damageHazards: readonly Hazard[] = [
  ...tableNames.flatMap((table) =>
    ["cut", "syntax", "too_deep", "naming", "garbage", "encoding", "duplicate_field", "contract"].map(
      (kind): Hazard => [
        `${kind} in ${table}`,
        (lake) => damagedOf(lake, table).some(({ damage }) => damage.startsWith(kind)),
      ],
    ),
  ),
  ...(
    [
      ["first", (place: number) => place === 0],
      ["in the middle", (place: number, last: number) => place > 0 && place < last],
      ["last", (place: number, last: number) => place > 0 && place === last],
    ] as const
  ).map(([where, fits]): Hazard => [
    `broken record ${where} in its file`,
    file(({ entries }) =>
      entries.some(
        (entry, place) => entry.kind === "damaged" && !entry.whole && fits(place, entries.length - 1),
      ),
    ),
  ]),
  [
    "broken record back to back with the next",
    (lake) =>
      tableNames.some((table) =>
        lake.tables[table].some(({ entries, framing }) =>
          entries.some(
            (entry, place) =>
              entry.kind === "damaged" &&
              !entry.whole &&
              entry.bytes[0] === 0x7b &&
              framing.array === null &&
              (entry.gap ?? framing.gap) === "" &&
              place < entries.length - 1,
          ),
        ),
      ),
  ],
  [
    "broken record in an array",
    file(
      ({ entries, framing }) =>
        framing.array !== null && entries.some((entry) => entry.kind === "damaged" && !entry.whole),
    ),
  ],
  [
    "garbage after a broken record",
    file(({ entries }) =>
      entries.some((entry, place) => {
        const next = entries[place + 1];
        return (
          entry.kind === "damaged" &&
          !entry.whole &&
          next?.kind === "damaged" &&
          next.damage.startsWith("garbage")
        );
      }),
    ),
  ],
];

describe("every hazard comes up", () => {
  const all = [...framingHazards, ...spellingHazards, ...consentHazards, ...damageHazards];

  test.each(all)("%s", (_, occurs) => {
    expect(sample.filter((lake) => occurs(lake)).length).toBeGreaterThanOrEqual(3);
  });

  test("collisions are common", () => {
    for (const [name, occurs] of consentHazards) {
      const share = sample.filter((lake) => occurs(lake)).length / sampleSize;
      expect(share, name).toBeGreaterThan(0.05);
    }
  });

  test.each([
    ...[
      "wrong number",
      "bare word",
      "single quotes",
      "control character",
      "wrong escape",
      "unclosed string",
    ].map((detail) => `syntax: ${detail}`),
    ...["trailing comma", "comment", "odd white space", "not JSON at all"].map(
      (detail) => `syntax: ${detail}`,
    ),
    ...["odd spacing", "several people and serial numbers", "inside a string", "unclosed e-mail"].map(
      (detail) => `naming: ${detail}`,
    ),
    ...["serial number only", "brace pair in a string"].map((detail) => `naming: ${detail}`),
    ...["NUL", "words", "closing bracket", "comma", "names a person", "byte-order mark"].map(
      (detail) => `garbage: ${detail}`,
    ),
    ...["overlong", "surrogate pair", "lone surrogate", "character cut off"].map(
      (detail) => `encoding: ${detail}`,
    ),
    ...["date, then null", "null, then date", "two people", "two dates of update"].map(
      (detail) => `duplicate_field: ${detail}`,
    ),
    ...["nobody", "nested only", "nested deeply in lists", "nested date as well"].map(
      (detail) => `contract: attribution, ${detail}`,
    ),
    ...["missing", "seconds", "14 digits", "fraction", "string", "negative", "zero"].map(
      (detail) => `contract: time ${detail}`,
    ),
    ...["missing", "blank", "null", "number"].map((detail) => `contract: key ${detail}`),
    ...["missing", "infinite", "string"].map((detail) => `contract: number ${detail}`),
    ...["string", "one", "negative"].map((detail) => `contract: date ${detail}`),
    "contract: text number",
    "too_deep: closed",
    "too_deep: without an end",
  ])("damage %s", (damage) => {
    expect(damages.filter((found) => found.startsWith(damage)).length).toBeGreaterThanOrEqual(2);
  });

  const damages = fc
    .sample(arbLake({ damaged: 60 }), { numRuns: 2 * sampleSize, seed })
    .flatMap((lake) => damagedOf(lake, ...tableNames).map(({ damage }) => damage));
});

// ---------------------------------------------------------------------------------------------------------

describe("held against the reference", () => {
  const lakes = sample.slice(0, 300);
  const results = lakes.map(everyReference);

  const quarantineReasons = tableNames.flatMap((table) =>
    ["truncated", "syntax", "too_deep", "encoding", "duplicate_field", "contract"].map(
      (reason) => [table, reason] as const,
    ),
  );

  test.each(quarantineReasons)("%s is quarantined for %s", (table, reason) => {
    const found = results.filter(([first]) =>
      first!.quarantine.some((entry) => entry.table === `${table}_landing` && entry.reason === reason),
    );
    expect(found.length).toBeGreaterThanOrEqual(5);
  });

  const filterReasons: readonly (readonly [policy: Policy, zone: ZoneName, reasons: readonly string[]])[] = [
    ...(["latest", "as-of"] as const).flatMap((policy) => {
      const beforeConsent = policy === "as-of" ? ["before_consent"] : [];
      return [
        [policy, "customer_trusted", ["superseded", "no_consent"]],
        [policy, "accelerometer_trusted", ["unknown_person", "no_consent", ...beforeConsent]],
        [policy, "customer_curated", ["no_readings"]],
        [
          policy,
          "step_trainer_trusted",
          ["unknown_serial", "no_consent", "shared_serial", "no_readings", ...beforeConsent],
        ],
        [policy, "machine_learning_curated", ["no_pair"]],
      ] as const;
    }),
    ["any", "customer_trusted", ["no_consent"]],
    ["any", "accelerometer_trusted", ["unknown_person", "no_consent"]],
    ["any", "customer_curated", ["superseded", "no_readings"]],
    ["any", "step_trainer_trusted", ["unknown_serial", "no_consent", "no_readings"]],
    ["any", "machine_learning_curated", ["no_pair"]],
  ];

  test.each(filterReasons)("under %s, %s filters for every reason", (policy, zone, reasons) => {
    const index = policies.indexOf(policy) * pairings.length;
    for (const reason of reasons) {
      const found = results.filter((result) => (result[index]!.books[zone].filtered[reason] ?? 0) > 0);
      expect(found.length, reason).toBeGreaterThanOrEqual(5);
    }
  });

  test("zones have rows often enough to be compared", () => {
    const share = (matches: (result: ReferenceResult[]) => boolean): number =>
      results.filter(matches).length / results.length;
    expect(share(([latest]) => latest!.zones.machine_learning_curated.length > 0)).toBeGreaterThan(0.4);
    expect(share(([, , asOf]) => asOf!.zones.machine_learning_curated.length > 0)).toBeGreaterThan(0.2);
    expect(share(([, latest]) => latest!.crossPersonPairs > 0)).toBeGreaterThan(0.05);
    expect(share(([latest]) => latest!.unattributable > 0)).toBeGreaterThan(0.05);
    expect(share(([latest]) => latest!.usable)).toBeGreaterThan(0.95);
    expect(share(([latest]) => latest!.books.machine_learning_curated.pairs! > 0)).toBeGreaterThan(0.05);
  });

  test("clean lakes are quarantined for what their model says", () => {
    fc.assert(
      fc.property(arbCleanLake({ damaged: 30 }), (lake) => {
        const { quarantine, landing } = everyReference(lake)[0]!;
        const expected = tableNames.flatMap((table) =>
          damagedOf(lake, table).map(({ reason }) => [`${table}_landing`, reason]),
        );
        expect(quarantine.map(({ table, reason }) => [table, reason])).toEqual(expected);
        for (const table of tableNames) {
          expect(landing[`${table}_landing`].good).toBe(goodOf(lake, table).length);
        }
      }),
      { numRuns: 200 },
    );
  });
});

// ---------------------------------------------------------------------------------------------------------

/** What must not change: rows, and what was set aside, without where it stood. */
function outcome({ zones, books, quarantine, unattributable }: ReferenceResult): unknown {
  return {
    zones,
    books,
    unattributable,
    quarantine: quarantine.map(({ table, reason, field }) => ({ table, reason, field })),
  };
}

function sorted(rows: readonly string[]): string[] {
  return [...rows].sort();
}

const zoneNames: readonly ZoneName[] = [
  "customer_trusted",
  "accelerometer_trusted",
  "customer_curated",
  "step_trainer_trusted",
  "machine_learning_curated",
];

/** Whether every row stands in `all`, and as often. */
function isPartOf(rows: readonly string[], all: readonly string[]): boolean {
  const left = new Map<string, number>();
  for (const row of all) left.set(row, (left.get(row) ?? 0) + 1);
  return rows.every((row) => {
    const count = left.get(row) ?? 0;
    left.set(row, count - 1);
    return count > 0;
  });
}

describe("changes with a known effect", () => {
  const anyLake = fc.oneof(arbLake(), arbCleanLake());
  const arbSeed = fc.nat({ max: 1_000_000 });
  const numRuns = 60;

  test.each([
    ["reframe", reframe],
    ["respell", respell],
    ["recut", recut],
  ])("%s leaves all zones, books and reasons as they were", (_, change) => {
    fc.assert(
      fc.property(anyLake, arbSeed, (lake, changeSeed) => {
        const changed = change(lake, changeSeed);
        expect(everyReference(changed).map(outcome)).toEqual(everyReference(lake).map(outcome));
      }),
      { numRuns },
    );
  });

  test.each([
    ["reframe", reframe],
    ["respell", respell],
    ["recut", recut],
    ["shuffleFiles", shuffleFiles],
  ])("%s does change bytes", (_, change) => {
    const lakes = fc.sample(arbCleanLake(), { numRuns: 50, seed });
    const bytes = (lake: Lake): string[] =>
      Array.from(renderLake(lake), ([name, content]) => name + Buffer.from(content).toString("latin1"));
    const changed = lakes.filter((lake) => bytes(change(lake, 7)).join() !== bytes(lake).join());
    expect(changed.length).toBeGreaterThan(25);
  });

  test("shuffleFiles leaves the rows of all zones, in another order, and the books", () => {
    fc.assert(
      fc.property(anyLake, arbSeed, (lake, changeSeed) => {
        const before = everyReference(lake);
        const after = everyReference(shuffleFiles(lake, changeSeed));
        expect(after.map(({ books }) => books)).toEqual(before.map(({ books }) => books));
        after.forEach(({ zones }, index) => {
          for (const zone of zoneNames)
            expect(sorted(zones[zone])).toEqual(sorted(before[index]!.zones[zone]));
        });
      }),
      { numRuns },
    );
  });

  test("withPerson leaves all zones as they were", () => {
    fc.assert(
      fc.property(anyLake, arbFreshPerson(), (lake, person) => {
        const before = everyReference(lake);
        const after = everyReference(withPerson(lake, person));
        policies.forEach((policy, policyIndex) => {
          // Under `any` no withdrawal undoes a yes.
          if (policy === "any" && person.history === "withdrawn") return;
          pairings.forEach((_, pairingIndex) => {
            const index = policyIndex * pairings.length + pairingIndex;
            expect(after[index]!.zones).toEqual(before[index]!.zones);
          });
        });
        const read = (results: readonly ReferenceResult[], zone: ZoneName): number =>
          results[0]!.books[zone].read;
        expect(read(after, "customer_trusted")).toBe(
          read(before, "customer_trusted") + person.snapshots.length,
        );
        expect(read(after, "accelerometer_trusted")).toBe(
          read(before, "accelerometer_trusted") + person.motions.length,
        );
        expect(read(after, "step_trainer_trusted")).toBe(
          read(before, "step_trainer_trusted") + person.steps.length,
        );
      }),
      { numRuns },
    );
  });

  test("withLaterNo takes all rows of that person away, and adds none", () => {
    fc.assert(
      fc.property(
        anyLake,
        fc.nat({ max: 5 }),
        fc.boolean(),
        fc.nat({ max: laterDamages.length * 6 }),
        (lake, personIndex, damaged, variant) => {
          const before = everyReference(lake);
          const after = everyReference(withLaterNo(lake, personIndex, damaged, variant));
          const all = peopleOf(lake);
          const { key } = all[personIndex % all.length]!;
          policies.forEach((policy, policyIndex) => {
            pairings.forEach((_, pairingIndex) => {
              const index = policyIndex * pairings.length + pairingIndex;
              const zones = after[index]!.zones;
              if (policy === "any") {
                expect(zones).toEqual(before[index]!.zones);
                return;
              }
              for (const zone of zoneNames) {
                expect(isPartOf(zones[zone], before[index]!.zones[zone])).toBe(true);
                for (const row of zones[zone]) {
                  const parsed = JSON.parse(row) as { email?: string; user?: string };
                  expect(keyOf(parsed.email ?? parsed.user ?? "")).not.toBe(key);
                }
              }
            });
          });
        },
      ),
      { numRuns },
    );
  });

  test("withLaterNo does take rows away, however it is damaged", () => {
    const lakes = fc.sample(arbCleanLake({ damaged: 0 }), { numRuns: 30, seed });
    const rows = (lake: Lake): number =>
      referenceRun(renderLake(lake), { consent: "latest", pair: "person" }).zones.customer_trusted.length;
    for (const variant of laterDamages.keys()) {
      const fewer = lakes.filter((lake) => rows(withLaterNo(lake, variant, true, variant)) < rows(lake));
      expect(fewer.length, laterDamages[variant]).toBeGreaterThan(5);
    }
  });
});
