// How a pass over readings can be split among threads. Every step of such a pass goes by one key of the row and its
// time, so the rules are asked once for each key, here, and what they say goes into tables in shared memory: for each
// key the step that drops its rows, if one does, and the date from which they are kept. What a pass has to look like
// for that is checked here too; any other pass is taken row by row (operators.ts).
//
// There may be millions of keys: what goes through them all does so in turns (turns.ts).

import { randomBytes } from "node:crypto";
import type { JoinTableMemory } from "../transforms/join-table.js";
import type { KeyMap } from "../transforms/key-map.js";
import { KeyTable, type KeyTableMemory, type Seed } from "../transforms/key-table.js";
import { MarkedKeys } from "../transforms/marked-keys.js";
import { type Field, fieldIndex, type TableShape } from "../transforms/tables.js";
import type { JoinBuild, Lookups } from "./lookups.js";
import { keyFieldsOf, keyTest, sinceOf, type StepContext } from "./operators.js";
import { type Join, type Since, type Step, stepsUnder, type Zone } from "./plan.js";
import { countInTurns, forEachInTurns, inTurns } from "./turns.js";

/** What a thread has to know of a pass. Plain data and shared memory. */
export interface ReadingsSpec {
  readonly table: TableShape;
  /** Positions of the key and of the time in the table; -1 where no step asks for a time. */
  readonly keyField: number;
  readonly timeField: number;
  readonly keys: KeyTableMemory;
  readonly routes: readonly RouteSpec[];
}

/** What becomes of the rows of one zone that reads the table: filtered, written, given to lookups, joined. */
export interface RouteSpec {
  /** For each key, and at the end for one that nobody knows: the number of the step that drops its rows, -1 if none. */
  readonly verdicts: SharedArrayBuffer;
  /** The step that drops rows by date, and for each key the date (epoch milliseconds) from which they are kept. */
  readonly since: { readonly step: number; readonly starts: SharedArrayBuffer } | undefined;
  readonly steps: number;
  readonly writes: boolean;
  /** Whether the keys of kept rows are to be told. */
  readonly tells: boolean;
  /** Positions of the values that kept rows bring into a join; nothing where they bring none. */
  readonly brings: readonly number[] | undefined;
  readonly join: JoinSpec | undefined;
}

/** The probe side of a join on time and person. */
export interface JoinSpec {
  /** The build side; nothing where memory does not hold it: rows are then handed on to be joined later. */
  readonly table: JoinTableMemory | undefined;
  readonly everybody: boolean;
  /** Whether all rows of an instant may be asked for. */
  readonly instants: boolean;
  /** The people of each key: those of key k are `people` from `ends[k - 1]` to `ends[k]`. */
  readonly ends: SharedArrayBuffer;
  readonly people: SharedArrayBuffer;
  /** The fields that it takes from the build side. */
  readonly take: readonly Field[];
}

/** A pass that can be split, and what ties it to the run. */
export interface ReadingsPlan {
  readonly spec: ReadingsSpec;
  readonly routes: readonly Route[];
  readonly keys: KeyTable;
}

export interface Route {
  /** The zone that filters; one whose only step is a join passes everything on. */
  readonly zone: Zone;
  /** The reasons of its steps, in order, without the join's. */
  readonly reasons: readonly string[];
  readonly seen: readonly MarkedKeys[];
  readonly build: JoinBuild | undefined;
  readonly joined: { readonly zone: Zone; readonly step: Join } | undefined;
  /** The build side of its join. */
  readonly joinBuild: JoinBuild | undefined;
}

/** Keys have something in them, so this is nobody's. */
const unknownKey = "";

/**
 * @param zones those that are built in the pass
 * @param signal ends it
 * @returns nothing where the pass has to be taken row by row
 * @throws the signal's reason
 */
export async function planReadings(
  source: TableShape,
  zones: readonly Zone[],
  context: StepContext,
  signal?: AbortSignal,
): Promise<ReadingsPlan | undefined> {
  const { rules, lookups } = context;
  const stepsOf = (zone: Zone): readonly Step[] => stepsUnder(zone, rules.consent);
  const drafts: RouteDraft[] = [];
  for (const zone of zones) {
    if (zone.source === source) {
      const draft = draftRoute(zone, stepsOf(zone));
      if (!draft) return undefined;
      drafts.push(draft);
    } else {
      // A zone made of another one of this pass: its join.
      const [step, ...more] = stepsOf(zone);
      const draft = drafts.find((each) => each.zone === zone.source);
      if (step?.kind !== "join" || more.length > 0 || !draft || draft.joined) return undefined;
      joinDraft(draft, zone, step);
    }
  }
  const fields = new Set(drafts.flatMap(({ keys }) => keys));
  const times = new Set(drafts.flatMap(({ times }) => times));
  const [keyName, ...otherKeys] = fields;
  if (keyName === undefined || otherKeys.length > 0 || times.size > 1) return undefined;

  const routes: Route[] = [];
  for (const { zone, tests, joined } of drafts) {
    const taps = lookups.readersOf(zone, keyName, joined?.zone);
    if (!taps) return undefined;
    routes.push({
      zone,
      reasons: tests.map(({ reason }) => reason),
      ...taps,
      joined,
      joinBuild: joined && buildOf(joined.step, lookups),
    });
  }
  const timeName = [...times][0];
  const timeField = timeName === undefined ? -1 : fieldIndex(source, timeName);
  for (const { build } of routes) {
    if (build && timeField >= 0 && build.fields.time !== timeField) return undefined;
  }
  const keys = await universe(drafts, context, signal);
  const routeSpecs: RouteSpec[] = [];
  for (const [index, draft] of drafts.entries()) {
    routeSpecs.push(await routeSpec(draft, routes[index]!, keys, context, signal));
  }
  const spec: ReadingsSpec = {
    table: source,
    keyField: fieldIndex(source, keyName),
    timeField: timeField >= 0 ? timeField : (routes.find(({ build }) => build)?.build?.fields.time ?? -1),
    keys: keys.memory,
    routes: routeSpecs,
  };
  // A row that is kept without its key being known could not be told apart by it.
  const losesKeys = spec.routes.some(
    ({ verdicts, tells, brings }) => (tells || brings) && new Int32Array(verdicts)[keys.size] === -1,
  );
  return losesKeys ? undefined : { spec, routes, keys };
}

interface RouteDraft {
  readonly zone: Zone;
  readonly tests: readonly Exclude<Step, { kind: "latest" | "consenting" | "join" }>[];
  readonly keys: string[];
  readonly times: string[];
  joined: { readonly zone: Zone; readonly step: Join } | undefined;
}

function draftRoute(zone: Zone, steps: readonly Step[]): RouteDraft | undefined {
  const draft: RouteDraft = { zone, tests: [], keys: [], times: [], joined: undefined };
  const tests = draft.tests as Step[];
  for (const step of steps) {
    switch (step.kind) {
      case "latest":
      case "consenting":
        return undefined;
      case "join":
        joinDraft(draft, zone, step);
        break;
      case "since":
        // Each key has one date.
        if (tests.at(-1)?.kind === "since") return undefined;
        draft.keys.push(step.who.field);
        draft.times.push(step.time);
        tests.push(step);
        break;
      default:
        // What comes behind a join would be asked of its rows.
        if (draft.joined) return undefined;
        // Only the last step may go by time: what comes behind it would have to be asked row by row.
        if (tests.at(-1)?.kind === "since") return undefined;
        draft.keys.push(...keyFieldsOf(step));
        tests.push(step);
        break;
    }
  }
  return draft;
}

function joinDraft(draft: RouteDraft, zone: Zone, step: Join): void {
  draft.joined = { zone, step };
  draft.keys.push(step.through.probe[0]);
  draft.times.push(step.time[0]);
}

/** Every key of which the rules may say something else than of one that nobody knows. */
async function universe(
  drafts: readonly RouteDraft[],
  { consent, lookups }: StepContext,
  signal: AbortSignal | undefined,
): Promise<KeyTable> {
  const tables = new Set<KeyTable>();
  const sets: Iterable<string>[] = [];
  for (const { tests, joined } of drafts) {
    for (const step of tests) {
      if (step.kind === "semi-join") {
        const fields = step.on.map(([, field]) => field);
        const found = lookups.keySet(step.table, fields);
        if (found instanceof MarkedKeys) tables.add(found.table);
        sets.push(found instanceof MarkedKeys ? found.others : found);
      } else {
        const bySerial = step.kind === "every-owner" || (step.kind !== "sharing" && step.who.by === "serial");
        tables.add(bySerial ? consent.serials : consent.people);
      }
    }
    if (joined) {
      const { from, others } = peopleThrough(joined.step, lookups);
      tables.add(from);
      sets.push(others.map(([key]) => key));
    }
  }
  // Mostly one table has them all.
  const [first, ...others] = tables;
  let keys = first ?? KeyTable.empty(secretSeed());
  for (const set of [...others.map((other) => other.keys()), ...sets]) {
    await forEachInTurns(set, signal, (key) => {
      if (keys.find(key) >= 0) return;
      if (keys === first) keys = keys.copy();
      keys.add(key);
    });
  }
  return keys;
}

function buildOf({ table, time, through, take }: Join, lookups: Lookups): JoinBuild {
  return lookups.joinBuild(table, time[1], through.build[0], take);
}

function peopleThrough({ through }: Join, lookups: Lookups): KeyMap {
  return lookups.keyMap(through.table, through.probe[1], through.build[1]);
}

async function routeSpec(
  { zone, tests, joined }: RouteDraft,
  route: Route,
  keys: KeyTable,
  context: StepContext,
  signal: AbortSignal | undefined,
): Promise<RouteSpec> {
  const verdicts = await verdictsOf(tests, keys, context, signal);
  const last = tests.at(-1);
  return {
    verdicts: verdicts.buffer,
    since:
      last?.kind === "since"
        ? await sinceSpec(last, tests.length - 1, keys, verdicts, context, signal)
        : undefined,
    steps: tests.length,
    writes: joined?.zone !== zone,
    tells: route.seen.length > 0,
    brings: route.build?.fields.take,
    join: joined && (await joinSpec(joined.step, keys, context, signal)),
  };
}

/** For each key, and at the end for one that nobody knows: the number of the test that drops its rows, -1 if none. */
async function verdictsOf(
  tests: RouteDraft["tests"],
  keys: KeyTable,
  context: StepContext,
  signal: AbortSignal | undefined,
): Promise<Int32Array<SharedArrayBuffer>> {
  const verdicts = new Int32Array(new SharedArrayBuffer((keys.size + 1) * 4));
  const byNumber = tests.map((step) => numberTest(step, keys, context));
  if (byNumber.every((test) => test !== undefined)) {
    await countInTurns(verdicts.length, signal, (number) => {
      verdicts[number] = byNumber.findIndex((keeps) => !keeps(number));
    });
    return verdicts;
  }
  const byKey = tests.map((step) => (step.kind === "since" ? () => true : keyTest(step, context)));
  const judge = (key: string, number: number): void => {
    verdicts[number] = byKey.findIndex((keeps) => !keeps(key));
  };
  await forEachInTurns(keys.keys(), signal, judge);
  judge(unknownKey, keys.size);
  return verdicts;
}

/** Whether a step keeps the rows of a key, by its number in `keys` alone; nothing where its text is needed. */
function numberTest(
  step: RouteDraft["tests"][number],
  keys: KeyTable,
  context: StepContext,
): ((number: number) => boolean) | undefined {
  const { consent, lookups } = context;
  switch (step.kind) {
    case "since":
      return () => true;
    case "known": {
      const known = step.who.by === "person" ? consent.people : consent.serials;
      // Mostly the keys are those that are known, and a few more behind them.
      return keys.beginsWith(known) ? (number) => number < known.size : undefined;
    }
    case "semi-join": {
      const fields = step.on.map(([, field]) => field);
      const found = lookups.keySet(step.table, fields);
      if (!(found instanceof MarkedKeys) || !keys.beginsWith(found.table)) return undefined;
      const { table, marks, others } = found;
      return others.size === 0 ? (number) => number < table.size && marks.has(number) : undefined;
    }
    case "every-owner": {
      const { serials } = consent;
      if (!keys.beginsWith(serials)) return undefined;
      const registrations = lookups.registrations(step.table);
      const hasRow = (registration: number): boolean => registrations.has(registration);
      return (number) => number >= serials.size || consent.everyOwnerOf(number, hasRow);
    }
    case "sharing":
      return undefined;
  }
}

async function sinceSpec(
  step: Since,
  index: number,
  keys: KeyTable,
  verdicts: Int32Array,
  context: StepContext,
  signal: AbortSignal | undefined,
): Promise<RouteSpec["since"]> {
  const starts = new Float64Array(new SharedArrayBuffer((keys.size + 1) * 8));
  const startOf = sinceOf(step, context);
  const start = (key: string, number: number): void => {
    if (verdicts[number] === -1) starts[number] = startOf(key);
  };
  await forEachInTurns(keys.keys(), signal, start);
  start(unknownKey, keys.size);
  return { step: index, starts: starts.buffer };
}

async function joinSpec(
  step: Join,
  keys: KeyTable,
  { rules, lookups }: StepContext,
  signal: AbortSignal | undefined,
): Promise<JoinSpec> {
  const build = buildOf(step, lookups);
  const { ends, people, most } = await peopleOfKeys(peopleThrough(step, lookups), build, keys, signal);
  const everybody = rules.pair === "timestamp";
  // Few people are asked for one by one.
  const instants = everybody || most >= 8;
  await inTurns(build.complete(instants), signal);
  return {
    table: build.spill ? undefined : build.table.memory,
    everybody,
    instants,
    ends: ends.buffer,
    people: people.buffer,
    take: step.take.map((field) => step.table.fields[fieldIndex(step.table, field)]!),
  };
}

/** For each key the people of the build side that a map has for it, and how many that are at most. */
async function peopleOfKeys(
  map: KeyMap,
  build: JoinBuild,
  keys: KeyTable,
  signal: AbortSignal | undefined,
): Promise<{ ends: Uint32Array<SharedArrayBuffer>; people: Int32Array<SharedArrayBuffer>; most: number }> {
  const { from, to, pairs } = map;
  const isFirst = keys.beginsWith(from);
  const others = map.others.map(([key, person]) => [keys.find(key), build.numberOf(person)] as const);
  const owned = (pair: number): number =>
    isFirst ? pairs.first(pair) : keys.find(from.keyAt(pairs.first(pair)));
  const ends = new Uint32Array(new SharedArrayBuffer(keys.size * 4));
  await countInTurns(pairs.size, signal, (pair) => ends[owned(pair)]!++);
  for (const [key] of others) ends[key]!++;
  let most = 0;
  for (let key = 0, sum = 0; key < ends.length; key++) {
    most = Math.max(most, ends[key]!);
    sum += ends[key]!;
    ends[key] = sum;
  }
  const people = new Int32Array(new SharedArrayBuffer((pairs.size + others.length) * 4));
  const at = ends.slice();
  await countInTurns(pairs.size, signal, (pair) => {
    people[--at[owned(pair)]!] = build.numberAt(to, pairs.second(pair));
  });
  for (const [key, person] of others) people[--at[key]!] = person;
  return { ends, people, most };
}

/** A seed that nobody can guess, for tables of keys. */
export function secretSeed(): Seed {
  const bytes = randomBytes(8);
  return [bytes.readInt32LE(0), bytes.readInt32LE(4)];
}
