// Small landing folders for property tests: fast-check arbitraries of lakes in which people, serial numbers
// and instants collide all the time and records are spelled, framed and damaged in every way that the
// pipeline claims to survive, and the changes to a lake whose effect on the zones is known beforehand.
import fc from "fast-check";
import * as damages from "./lakes-damage.js";
import {
  at,
  inLandingOrder,
  isCleanFile,
  keyOf,
  mix,
  permute,
  plainFraming,
  plainWriting,
  sourceOf,
  stringSource,
  tableNames,
  textOf,
  type Entry,
  type Field,
  type Framing,
  type GoodEntry,
  type IgnoredFile,
  type Lake,
  type LakeFile,
  type Source,
  type TableName,
  type Value,
  type Writing,
} from "./lakes-model.js";
import * as pools from "./lakes-pools.js";

export {
  inLandingOrder,
  isCleanFile,
  keyOf,
  listedFields,
  pathOf,
  renderContent,
  renderEntry,
  renderLake,
  showLake,
  sourceOf,
  tableNames,
  textOf,
} from "./lakes-model.js";
export type {
  DamagedEntry,
  Entry,
  Field,
  Framing,
  GoodEntry,
  IgnoredFile,
  Kind,
  Lake,
  LakeFile,
  LakeFiles,
  Source,
  TableName,
  Value,
  WholeReason,
  Writing,
} from "./lakes-model.js";

/** What a lake may hold. */
export interface LakeOptions {
  /** Of 100 entries, how many are damaged. Default: mostly few, sometimes many. */
  readonly damaged?: number;
  /** Whether there may be broken records, garbage, and files that are cut off. Default: true. */
  readonly broken?: boolean;
  /** The most entries of each table. Default: 12 snapshots, 15 accelerometer and 12 step trainer readings. */
  readonly most?: Readonly<Record<TableName, number>>;
}

// ---------------------------------------------------------------------------------------------------------
// Drafts: what is drawn. Everything in them is a small number or comes from a pool; they become entries once
// the lake's own people, serial numbers and instants are known. (So no fc.chain, which shrinks badly.)

interface World {
  readonly people: readonly (readonly string[])[];
  readonly serials: readonly (readonly string[])[];
  readonly instants: readonly string[];
}

interface Draft {
  readonly fields: (world: World) => Field[];
  readonly writing: Writing;
  readonly unlisted: readonly Field[];
}

interface EntryDraft {
  readonly draft: Draft;
  readonly spoil: { readonly spoil: damages.Spoil; readonly which: number; readonly where: number } | null;
  readonly gap: string | null;
  readonly file: number;
  /** Whether the very same record stands in the next file too. */
  readonly twice: boolean;
}

/**
 * The plain thing most of the time, out of `of` draws all but `rare`; what else was drawn shrinks to the
 * plain thing too.
 */
function mostly<A, B>(
  plain: fc.Arbitrary<A>,
  other: fc.Arbitrary<B>,
  rare: number,
  of: number,
): fc.Arbitrary<A | B> {
  const crossShrink = { withCrossShrink: true };
  return fc.oneof<[fc.MaybeWeightedArbitrary<A>, fc.MaybeWeightedArbitrary<B>]>(
    crossShrink,
    { weight: of - rare, arbitrary: plain },
    { weight: rare, arbitrary: other },
  );
}

/** True once in so many draws, and false when it shrinks. */
function onceIn(draws: number): fc.Arbitrary<boolean> {
  return fc.nat({ max: draws - 1 }).map((draw) => draw === draws - 1);
}

/** Number that chooses from a lake's few people or instants, counting round. */
const arbIndex = fc.nat({ max: 11 });
/** The first spelling most of the time. */
const arbSpelling = mostly(fc.constant(0), fc.nat({ max: 4 }), 2, 5);
const arbSeed = fc.nat({ max: 9999 });
const never = -1;
const own = -1;

const arbWriting: fc.Arbitrary<Writing> = mostly(
  fc.constant(plainWriting),
  fc.record(
    { order: arbSeed, names: arbSeed, escapes: arbSeed, spacing: fc.nat({ max: 12 }) },
    { noNullPrototype: true },
  ),
  3,
  5,
);

const arbUnlisted: fc.Arbitrary<readonly Field[]> = mostly(
  fc.constant([]),
  fc.array(fc.constantFrom(...pools.unlistedFields), { maxLength: 3, size: "max" }),
  1,
  4,
);

const arbGap = mostly(fc.constant(null), fc.constantFrom(...pools.gaps), 1, 4);

function optional(name: string, value: Value | undefined): Field[] {
  return value === undefined ? [] : [[name, value]];
}

interface DateDraft {
  /** An instant of the lake, or `never` for a blank date. */
  readonly instant: number;
  readonly blank: (typeof pools.blanks)[number];
}

function arbDate(present: number): fc.Arbitrary<DateDraft> {
  return fc.record(
    {
      instant: mostly(arbIndex, fc.constant(never), 10 - present, 10),
      blank: fc.constantFrom(...pools.blanks),
    },
    { noNullPrototype: true },
  );
}

function dateField(name: string, date: DateDraft, world: World): Field[] {
  if (date.instant === never) {
    return optional(name, date.blank);
  }
  return [[name, { source: at(world.instants, date.instant) }]];
}

const arbSnapshot: fc.Arbitrary<Draft> = fc
  .record(
    {
      person: arbIndex,
      spelling: arbSpelling,
      // Mostly each person's own serial number: were all shared by all, hardly a reading would be let through.
      serial: mostly(fc.constant(own), arbIndex, 1, 5),
      serialSpelling: arbSpelling,
      updated: arbIndex,
      research: arbDate(9),
      registered: arbDate(5),
      publicly: arbDate(3),
      friends: arbDate(3),
      customerName: fc.constantFrom(...pools.texts),
      phone: fc.constantFrom(...pools.texts),
      birthDay: fc.constantFrom(...pools.texts),
      writing: arbWriting,
      unlisted: arbUnlisted,
    },
    { noNullPrototype: true },
  )
  .map((draw) => ({
    writing: draw.writing,
    unlisted: draw.unlisted,
    fields: (world) => [
      ...optional("customerName", draw.customerName),
      ["email", at(at(world.people, draw.person), draw.spelling)],
      ...optional("phone", draw.phone),
      ...optional("birthDay", draw.birthDay),
      [
        "serialNumber",
        at(
          at(world.serials, draw.serial === own ? draw.person % world.people.length : draw.serial),
          draw.serialSpelling,
        ),
      ],
      ...dateField("registrationDate", draw.registered, world),
      ["lastUpdateDate", { source: at(world.instants, draw.updated) }],
      ...dateField("shareWithResearchAsOfDate", draw.research, world),
      ...dateField("shareWithPublicAsOfDate", draw.publicly, world),
      ...dateField("shareWithFriendsAsOfDate", draw.friends, world),
    ],
  }));

/** A person or serial number of the lake, or one that nobody registered. */
const arbSubject = mostly(arbIndex, fc.constant(never), 1, 15);

const arbNumber: fc.Arbitrary<Source> = fc.constantFrom(...pools.numbers).map((source) => ({ source }));

const arbMotion: fc.Arbitrary<Draft> = fc
  .record(
    {
      person: arbSubject,
      spelling: arbSpelling,
      time: arbIndex,
      x: arbNumber,
      y: arbNumber,
      z: arbNumber,
      writing: arbWriting,
      unlisted: arbUnlisted,
    },
    { noNullPrototype: true },
  )
  .map((draw) => ({
    writing: draw.writing,
    unlisted: draw.unlisted,
    fields: (world) => [
      [
        "user",
        draw.person === never ? pools.strangerEmail : at(at(world.people, draw.person), draw.spelling),
      ],
      ["timestamp", { source: at(world.instants, draw.time) }],
      ["x", draw.x],
      ["y", draw.y],
      ["z", draw.z],
    ],
  }));

const arbStep: fc.Arbitrary<Draft> = fc
  .record(
    {
      serial: arbSubject,
      spelling: arbSpelling,
      time: arbIndex,
      distance: arbNumber,
      writing: arbWriting,
      unlisted: arbUnlisted,
    },
    { noNullPrototype: true },
  )
  .map((draw) => ({
    writing: draw.writing,
    unlisted: draw.unlisted,
    fields: (world) => [
      ["sensorReadingTime", { source: at(world.instants, draw.time) }],
      [
        "serialNumber",
        draw.serial === never ? pools.strangerSerial : at(at(world.serials, draw.serial), draw.spelling),
      ],
      ["distanceFromObject", draw.distance],
    ],
  }));

const arbDraft: Readonly<Record<TableName, fc.Arbitrary<Draft>>> = {
  customer: arbSnapshot,
  accelerometer: arbMotion,
  step_trainer: arbStep,
};

const wholeSpoils: readonly damages.Spoil[] = [damages.contract, damages.duplicateField, damages.encoding];
const brokenSpoils: readonly damages.Spoil[] = [
  damages.cut,
  damages.garbage,
  damages.syntax,
  damages.naming,
  damages.tooDeep,
];

function arbEntry(table: TableName, damaged: number, broken: boolean): fc.Arbitrary<EntryDraft> {
  const spoils = [
    ...wholeSpoils,
    ...(table === "customer" ? [damages.attribution] : []),
    ...(broken ? brokenSpoils : []),
  ];
  return fc.record(
    {
      draft: arbDraft[table],
      spoil: mostly(
        fc.constant(null),
        fc.record(
          { spoil: fc.constantFrom(...spoils), which: arbSeed, where: arbSeed },
          { noNullPrototype: true },
        ),
        damaged,
        100,
      ),
      gap: arbGap,
      file: fc.nat({ max: 5 }),
      twice: onceIn(20),
    },
    { noNullPrototype: true },
  );
}

// ---------------------------------------------------------------------------------------------------------
// Framings

function arbFraming(broken: boolean): fc.Arbitrary<Framing> {
  const cut = (max: number, rare: number): fc.Arbitrary<number> =>
    broken ? mostly(fc.constant(0), fc.integer({ min: 1, max }), rare, 100) : fc.constant(0);
  return fc.record(
    {
      bom: onceIn(6),
      lead: mostly(fc.constant(""), fc.constantFrom(...pools.gaps), 1, 5),
      gap: fc.constantFrom(...pools.gaps),
      lastGap: fc.boolean(),
      array: mostly(fc.constant(null), fc.constantFrom(...pools.arrays), 1, 5),
      spacing: mostly(fc.constant(null), fc.nat({ max: 6 }), 1, 5),
      // Mostly within the last record, sometimes anywhere.
      cut: mostly(cut(60, 8), cut(2000, 10), 1, 5),
      gzip: mostly(
        fc.constant(null),
        fc.record(
          {
            members: fc.integer({ min: 1, max: 3 }),
            // The checksum and length at the end of a member are 8 bytes, its head is 10.
            cut: mostly(cut(20, 20), cut(400, 30), 1, 3),
          },
          { noNullPrototype: true },
        ),
        1,
        5,
      ),
    },
    { noNullPrototype: true },
  );
}

/** A framing that a seed gives, and that cuts nothing off; 0 gives the plain one. */
function framingOf(seed: number, place: number): Framing {
  const draw = (choice: number): number => mix(seed, place * 16 + choice);
  return {
    bom: draw(0) % 4 === 3,
    lead: draw(1) % 4 === 3 ? at(pools.gaps, draw(2)) : "",
    gap: at(pools.gaps, draw(3)),
    lastGap: draw(4) % 2 === 0,
    array: draw(5) % 3 === 2 ? at(pools.arrays, draw(6)) : null,
    spacing: draw(7) % 3 === 2 ? draw(8) % 8 : null,
    cut: 0,
    gzip: draw(9) % 4 === 3 ? { members: 1 + (draw(10) % 3), cut: 0 } : null,
  };
}

// ---------------------------------------------------------------------------------------------------------
// Lakes

interface TableDraft {
  readonly stems: readonly string[];
  readonly framings: readonly Framing[];
  readonly entries: readonly EntryDraft[];
}

function arbTable(
  table: TableName,
  damaged: number,
  broken: boolean,
  most: number,
): fc.Arbitrary<TableDraft> {
  const entry = arbEntry(table, damaged, broken);
  // Two arrays, so that there are seldom hardly any and the number can still shrink to none.
  return fc.record(
    {
      // With one table without files now and then; without customers there would be no run.
      stems: mostly(
        fc.shuffledSubarray([...pools.stems], { minLength: 1, maxLength: 3 }),
        fc.constant([]),
        table === "customer" ? 0 : 1,
        30,
      ),
      framings: fc.tuple(arbFraming(broken), arbFraming(broken), arbFraming(broken)),
      entries: fc
        .tuple(
          fc.array(entry, {
            minLength: table === "customer" ? 1 : 0,
            maxLength: Math.ceil(most / 2),
            size: "max",
          }),
          fc.array(entry, { maxLength: Math.floor(most / 2), size: "max" }),
        )
        .map((halves) => halves.flat()),
    },
    { noNullPrototype: true },
  );
}

function makeEntry(table: TableName, world: World, { draft, spoil, gap }: EntryDraft): Entry {
  const fields = [...draft.fields(world), ...draft.unlisted];
  if (spoil === null) return { kind: "good", fields, writing: draft.writing, gap };
  const victim: damages.Victim = {
    table,
    fields,
    writing: draft.writing,
    person: (index) => at(at(world.people, index), index >> 3),
    serial: (index) => at(at(world.serials, index), index >> 3),
  };
  return { kind: "damaged", gap, ...spoil.spoil(victim, spoil.which, spoil.where) };
}

function makeTable(table: TableName, world: World, { stems, framings, entries }: TableDraft): LakeFile[] {
  if (stems.length === 0) return [];
  const contents: Entry[][] = stems.map(() => []);
  for (const draft of entries) {
    const entry = makeEntry(table, world, draft);
    at(contents, draft.file).push(entry);
    if (draft.twice) at(contents, draft.file + 1).push(entry);
  }
  return stems.map((stem, index) => ({ stem, framing: at(framings, index), entries: contents[index]! }));
}

/** What would change every zone if it were read: all withdraw, and all move at every instant. */
function decoy(table: TableName, world: World): Uint8Array {
  const names = (family: readonly string[]): string => stringSource(family[0]!, 0);
  const lines: string[] = [];
  const pairs = world.people.flatMap((person) =>
    world.serials.map((serial) => [names(person), names(serial)] as const),
  );
  for (const [person, serial] of pairs) {
    if (table === "customer") {
      lines.push(`{"email":${person},"serialNumber":${serial},"lastUpdateDate":9999999999999}`);
    } else if (table === "accelerometer") {
      lines.push(`{"user":${person},"timestamp":${world.instants[0]!},"x":0,"y":0,"z":0}`);
    } else {
      lines.push(
        `{"sensorReadingTime":${world.instants[0]!},"serialNumber":${serial},"distanceFromObject":0}`,
      );
    }
  }
  return Buffer.from(lines.join("\n"));
}

function arbLakeOf(
  damaged: number,
  broken: boolean,
  most: Readonly<Record<TableName, number>>,
): fc.Arbitrary<Lake> {
  const world = fc.record(
    {
      people: fc.shuffledSubarray([...pools.people], { minLength: 2, maxLength: 4 }),
      serials: fc.shuffledSubarray([...pools.serials], { minLength: 2, maxLength: 4 }),
      instants: fc.shuffledSubarray([...pools.instants], { minLength: 2, maxLength: 4 }),
    },
    { noNullPrototype: true },
  );
  const ignored: fc.Arbitrary<readonly (readonly [table: TableName, name: string])[]> = fc.oneof(
    { weight: 3, arbitrary: fc.constant([]) },
    {
      weight: 1,
      arbitrary: fc.uniqueArray(
        fc.tuple(fc.constantFrom(...tableNames), fc.constantFrom(...pools.ignoredNames)),
        {
          maxLength: 3,
          selector: ([table, name]) => `${table}/${name}`,
        },
      ),
    },
  );
  return fc
    .record(
      {
        world,
        customer: arbTable("customer", damaged, broken, most.customer),
        accelerometer: arbTable("accelerometer", damaged, broken, most.accelerometer),
        step_trainer: arbTable("step_trainer", damaged, broken, most.step_trainer),
        ignored,
      },
      { noNullPrototype: true },
    )
    .map((draft): Lake => {
      // One good snapshot at least, so that there is somebody for `withLaterNo` and, mostly, a run to speak of.
      const [first, ...others] = draft.customer.entries;
      const customer = { ...draft.customer, entries: [{ ...first!, spoil: null }, ...others] };
      return {
        tables: {
          customer: makeTable("customer", draft.world, customer),
          accelerometer: makeTable("accelerometer", draft.world, draft.accelerometer),
          step_trainer: makeTable("step_trainer", draft.world, draft.step_trainer),
        },
        ignored: draft.ignored.map(([table, name]): IgnoredFile => ({
          path: `${table}/${name}`,
          bytes: decoy(table, draft.world),
        })),
      };
    });
}

const usualMost: Readonly<Record<TableName, number>> = { customer: 12, accelerometer: 15, step_trainer: 12 };

/**
 * Lakes of all kinds. Each holds one good snapshot at least, but nothing keeps it from being cut off or
 * swallowed: now and then there is no usable one, and a run refuses such a lake.
 *
 * Not biased towards the ends of ranges, as fast-check does by default: the pools are the corner cases here,
 * and lakes of one person and one instant would leave little to get wrong.
 */
export function arbLake(options: LakeOptions = {}): fc.Arbitrary<Lake> {
  const { broken = true, most = usualMost } = options;
  const lakes = (damaged: number): fc.Arbitrary<Lake> => arbLakeOf(damaged, broken, most);
  if (options.damaged !== undefined) return fc.noBias(lakes(options.damaged));
  return fc.noBias(
    fc.oneof(
      { weight: 5, arbitrary: lakes(3) },
      { weight: 2, arbitrary: lakes(12) },
      { weight: 1, arbitrary: lakes(40) },
    ),
  );
}

/** Lakes of whole records only, good ones and damaged ones, in files that are not cut off. */
export function arbCleanLake(options: Omit<LakeOptions, "broken"> = {}): fc.Arbitrary<Lake> {
  return arbLake({ ...options, broken: false });
}

// ---------------------------------------------------------------------------------------------------------
// Changes to a lake with a known effect. A broken record swallows what stands behind it, and a cut takes
// what stands at the end, so all of them leave the bytes of files that are not clean as they are; that makes
// each hold for every lake, and say most about clean ones.

function changeTables(
  lake: Lake,
  change: (table: TableName, files: readonly LakeFile[]) => readonly LakeFile[],
): Lake {
  return {
    ...lake,
    tables: {
      customer: change("customer", lake.tables.customer),
      accelerometer: change("accelerometer", lake.tables.accelerometer),
      step_trainer: change("step_trainer", lake.tables.step_trainer),
    },
  };
}

function placeOf(table: TableName, index: number): number {
  return tableNames.indexOf(table) * 64 + index;
}

/**
 * The same records in other framings (and in compressed files, or no longer), each in its file.
 * Zones stay the same byte for byte, books too; quarantine entries keep reasons and order, not offsets.
 */
export function reframe(lake: Lake, seed: number): Lake {
  return changeTables(lake, (table, files) =>
    files.map((file, index) => {
      if (!isCleanFile(file)) return file;
      const entries = file.entries.map((entry, place): Entry => {
        const draw = mix(seed, 4096 + placeOf(table, index) * 64 + place);
        return { ...entry, gap: draw % 4 === 3 ? at(pools.gaps, draw >>> 2) : null };
      });
      return { ...file, framing: framingOf(seed, placeOf(table, index)), entries };
    }),
  );
}

/**
 * Good records respelled: order and case of field names, escapes, white space within them.
 * Zones and books stay the same byte for byte; quarantine entries keep reasons and order, not offsets.
 */
export function respell(lake: Lake, seed: number): Lake {
  return changeTables(lake, (table, files) =>
    files.map((file, index) => {
      if (!isCleanFile(file)) return file;
      const entries = file.entries.map((entry, place): Entry => {
        if (entry.kind !== "good") return entry;
        const draw = (choice: number): number => mix(seed, (placeOf(table, index) * 64 + place) * 4 + choice);
        const writing: Writing = { order: draw(0), names: draw(1), escapes: draw(2), spacing: draw(3) % 16 };
        return { ...entry, writing };
      });
      return { ...file, entries };
    }),
  );
}

/**
 * The same records in the same order, cut into other files (one to four, with other names), in tables whose
 * files are all clean. Zones and books stay the same byte for byte; quarantine entries keep reasons and order.
 */
export function recut(lake: Lake, seed: number): Lake {
  return changeTables(lake, (table, files) => {
    if (files.length === 0 || !files.every(isCleanFile)) return files;
    const entries = inLandingOrder(table, files).flatMap((file) => file.entries);
    const draw = (choice: number): number => mix(seed, placeOf(table, choice));
    const count = 1 + (draw(0) % 4);
    const cuts = Array.from({ length: count - 1 }, (_, index) => draw(1 + index) % (entries.length + 1));
    const ends = [...cuts.sort((a, b) => a - b), entries.length];
    return ends.map((end, index) => ({
      stem: `recut/${index}`,
      framing: at(files, index).framing,
      entries: entries.slice(ends[index - 1] ?? 0, end),
    }));
  });
}

/**
 * The same files under each other's names. Each zone keeps its rows, but in another order; books stay the
 * same, and so does what is in quarantine, but for paths. Holds for every file, clean or not.
 */
export function shuffleFiles(lake: Lake, seed: number): Lake {
  return changeTables(lake, (table, files) => {
    const contents = permute(files, seed === 0 ? 0 : mix(seed, placeOf(table, 0)));
    return files.map(({ stem }, index) => ({ ...contents[index]!, stem }));
  });
}

/** Somebody nobody in the lake has to do with, who does not consent, and all that is known of them. */
export interface FreshPerson {
  /**
   * `never`: they never said yes. `withdrawn`: they may have, but their last word is no; this makes no
   * difference under `latest` and `as-of`, but under `any`, which knows no withdrawal, it does.
   */
  readonly history: "never" | "withdrawn";
  readonly email: string;
  readonly serialNumber: string;
  readonly snapshots: readonly FreshRecord[];
  readonly motions: readonly FreshRecord[];
  readonly steps: readonly FreshRecord[];
}

interface FreshRecord {
  /** Which of the lake's instants; for the position, which of the table's clean files (or a new one), and where in it. */
  readonly instant: number;
  readonly file: number;
  readonly position: number;
  readonly yes: boolean;
  readonly writing: Writing;
}

const arbFreshRecord: fc.Arbitrary<FreshRecord> = fc.record(
  {
    instant: arbIndex,
    file: fc.nat({ max: 3 }),
    position: fc.nat({ max: 20 }),
    yes: fc.boolean(),
    writing: arbWriting,
  },
  { noNullPrototype: true },
);

/** People for `withPerson`; without a history given, of both. */
export function arbFreshPerson(history?: FreshPerson["history"]): fc.Arbitrary<FreshPerson> {
  return fc.record(
    {
      history: history === undefined ? fc.constantFrom("never", "withdrawn") : fc.constant(history),
      email: fc.constantFrom(
        "fresh@example.test",
        "fr\u00e9sh@example.test",
        "hasOwnProperty",
        "ada@example.test\u00a0",
      ),
      serialNumber: fc.constantFrom("sn-fresh", "sn-1\u00a0", "valueOf", "sn"),
      snapshots: fc.array(arbFreshRecord, { minLength: 1, maxLength: 4, size: "max" }),
      motions: fc.array(arbFreshRecord, { maxLength: 5, size: "max" }),
      steps: fc.array(arbFreshRecord, { maxLength: 5, size: "max" }),
    },
    { noNullPrototype: true },
  );
}

const timeFields = ["lastUpdateDate", "shareWithResearchAsOfDate", "timestamp", "sensorReadingTime"];

/** All times that good records of the lake speak of, in ascending order; never none. */
export function instantsOf(lake: Lake): string[] {
  const found = new Set<string>();
  for (const table of tableNames) {
    for (const entry of lake.tables[table].flatMap((file) => file.entries)) {
      if (entry.kind !== "good") continue;
      for (const name of timeFields) {
        const source = sourceOf(entry, name);
        if (source !== undefined && /^[1-9]\d{12}$/.test(source)) found.add(source);
      }
    }
  }
  // All have 13 digits, so this is the order of time.
  return found.size === 0 ? [pools.instants[0]!] : [...found].sort();
}

function insert(files: readonly LakeFile[], record: FreshRecord, entry: GoodEntry): LakeFile[] {
  const fresh = "fresh/person";
  const stems = files.filter((file) => isCleanFile(file) && file.stem !== fresh).map((file) => file.stem);
  const stem = at([...stems, fresh], record.file);
  const others = files.some((file) => file.stem === stem)
    ? files
    : [...files, { stem, framing: plainFraming, entries: [] }];
  return others.map((file) => {
    if (file.stem !== stem) return file;
    const position = record.position % (file.entries.length + 1);
    return { ...file, entries: [...file.entries.slice(0, position), entry, ...file.entries.slice(position)] };
  });
}

/**
 * The lake with one more person, who does not consent, and all their readings at any place. Zones stay the
 * same byte for byte, and so does quarantine but for offsets and record numbers; in the books only `read`,
 * `superseded` and `no_consent` grow. (A lake that a run refused because it had no usable snapshot has one now.)
 */
export function withPerson(lake: Lake, person: FreshPerson): Lake {
  const instants = instantsOf(lake);
  const time = (record: FreshRecord): Source => ({ source: at(instants, record.instant) });
  const good = (record: FreshRecord, fields: readonly Field[]): GoodEntry => ({
    kind: "good",
    fields,
    writing: record.writing,
    gap: null,
  });
  let { customer, accelerometer, step_trainer: steps } = lake.tables;
  const lastWord = person.snapshots
    .map((record) => at(instants, record.instant))
    .reduce((a, b) => (a > b ? a : b));
  person.snapshots.forEach((record, index) => {
    const last = index === person.snapshots.length - 1;
    // At the same date no wins, so the last word need not be later than the others.
    const updated: Source = last ? { source: lastWord } : time(record);
    const yes = person.history === "withdrawn" && !last && record.yes;
    customer = insert(
      customer,
      record,
      good(record, [
        ["customerName", "Fresh"],
        ["email", person.email],
        ["serialNumber", person.serialNumber],
        ["lastUpdateDate", updated],
        ...(yes ? [["shareWithResearchAsOfDate", time(record)] as const] : []),
        ["shareWithPublicAsOfDate", updated],
      ]),
    );
  });
  for (const record of person.motions) {
    const entry = good(record, [
      ["user", person.email],
      ["timestamp", time(record)],
      ["x", { source: "1" }],
      ["y", { source: "2" }],
      ["z", { source: "3" }],
    ]);
    accelerometer = insert(accelerometer, record, entry);
  }
  for (const record of person.steps) {
    const entry = good(record, [
      ["sensorReadingTime", time(record)],
      ["serialNumber", person.serialNumber],
      ["distanceFromObject", { source: "4" }],
    ]);
    steps = insert(steps, record, entry);
  }
  return { ...lake, tables: { customer, accelerometer, step_trainer: steps } };
}

/** Somebody with a good snapshot in the lake (which may yet be cut off or swallowed). */
export interface LakePerson {
  readonly key: string;
  /** As in their first snapshot. */
  readonly email: string;
  /** Serial numbers of their good snapshots, one spelling for each key. */
  readonly serialNumbers: readonly string[];
}

/** Everybody who has a good snapshot in the lake; never nobody, in a lake of these arbitraries. */
export function peopleOf(lake: Lake): LakePerson[] {
  const found = new Map<string, { email: string; serialNumbers: Map<string, string> }>();
  for (const entry of lake.tables.customer.flatMap((file) => file.entries)) {
    if (entry.kind !== "good") continue;
    const email = textOf(entry, "email")!;
    const serialNumber = textOf(entry, "serialNumber")!;
    const key = keyOf(email);
    const person = found.get(key) ?? { email, serialNumbers: new Map<string, string>() };
    found.set(key, person);
    if (!person.serialNumbers.has(keyOf(serialNumber)))
      person.serialNumbers.set(keyOf(serialNumber), serialNumber);
  }
  return Array.from(found, ([key, { email, serialNumbers }]) => ({
    key,
    email,
    serialNumbers: [...serialNumbers.values()],
  }));
}

/** How a damaged snapshot of `withLaterNo` is damaged; more of them count round. */
export const laterDamages = [
  "contract, at its date",
  "no date",
  "consent twice",
  "cut off after the serial number",
  "cut off after the e-mail",
  "broken over several lines",
  "a bare tab in the e-mail",
  "garbage",
  "invalid UTF-8",
  "nested",
] as const;

/**
 * The lake with one more file: a later "no" of one of `peopleOf(lake)`, counting round, for one of their
 * serial numbers; or a damaged snapshot of theirs, which counts as one. Under `latest` and `as-of` no row of
 * that person stands in any zone, and each zone holds nothing that it did not hold before (of others, only
 * what came from a shared serial number goes). Under `any` all zones stay the same byte for byte.
 */
export function withLaterNo(lake: Lake, personIndex: number, damaged: boolean, variant = 0): Lake {
  const people = peopleOf(lake);
  if (people.length === 0) throw new RangeError("the lake has no good snapshot");
  const person = at(people, personIndex);
  const greatest = Number(instantsOf(lake).at(-1)!);
  // The greatest time that is one; should there already be a word of that date, no wins.
  const later = String(Math.min(greatest + 1, 9_999_999_999_999));
  const email = stringSource(` ${person.email}\t`, variant);
  const serial = stringSource(at(person.serialNumbers, variant), variant);
  const rest = `"serialNumber":${serial},"lastUpdateDate":${later}`;
  const good: GoodEntry = {
    kind: "good",
    fields: [
      ["email", ` ${person.email}\t`],
      ["serialNumber", at(person.serialNumbers, variant)],
      ["lastUpdateDate", { source: later }],
    ],
    writing: plainWriting,
    gap: null,
  };
  const spoiled = (): Entry => {
    const damage = at(laterDamages, variant);
    const base = { kind: "damaged", damage: `later: ${damage}`, gap: null } as const;
    const whole = (reason: "contract" | "duplicate_field" | "encoding", text: string): Entry => ({
      ...base,
      whole: true,
      reason,
      bytes: Buffer.from(text),
    });
    const broken = (text: string): Entry => ({
      ...base,
      whole: false,
      reason: null,
      bytes: Buffer.from(text),
    });
    switch (damage) {
      case "contract, at its date":
        return whole("contract", `{"email":${email},${rest},"phone":5}`);
      case "no date":
        return whole("contract", `{"email":${email},"serialNumber":${serial}}`);
      case "consent twice":
        return whole(
          "duplicate_field",
          `{"email":${email},${rest},"shareWithResearchAsOfDate":${later},"shareWithResearchAsOfDate":null}`,
        );
      case "cut off after the serial number":
        return broken(`{"email":${email},"serialNumber":${serial},"lastUpd`);
      case "cut off after the e-mail":
        return broken(`{"email" : ${email} ,`);
      case "broken over several lines":
        return broken(`{\n"phone": 1x,\n"email": ${email},\n"serialNumber": ${serial}\n}\n`);
      case "a bare tab in the e-mail":
        return broken(`{"email":"\t${email.slice(1)},"serialNumber":${serial}}\n`);
      case "garbage":
        return broken(`"EMAIL":${email}\n`);
      case "invalid UTF-8":
        return whole("encoding", `{"email":${email},${rest},"note":"\\udc00"}`);
      case "nested":
        return whole("contract", `{"old":[{"email":${email}}],${rest}}`);
    }
  };
  const file: LakeFile = { stem: "later", framing: plainFraming, entries: [damaged ? spoiled() : good] };
  return { ...lake, tables: { ...lake.tables, customer: [...lake.tables.customer, file] } };
}
