// The plan's steps as they run on this machine: each takes rows one by one and hands on those it keeps.

import { StediError } from "../errors.js";
import type { ConsentIndex } from "../transforms/consent.js";
import type { People } from "../transforms/join-table.js";
import { compositeKey, keyOf } from "../transforms/keys.js";
import type { Rules } from "../transforms/policy.js";
import { type Row, rowFormat } from "../transforms/rows.js";
import { fieldIndex, type TableShape } from "../transforms/tables.js";
import { takenValues } from "../transforms/taken.js";
import { MarkedKeys } from "../transforms/marked-keys.js";
import { LatestRows } from "./latest-rows.js";
import type { Lookups } from "./lookups.js";
import {
  type EveryOwner,
  type Join,
  type Known,
  type Latest,
  type SemiJoin,
  type Sharing,
  type Since,
  type Step,
  stepsUnder,
  type Zone,
} from "./plan.js";
import type { RowSink, Snapshot, Wait } from "./row-sink.js";

/** What the steps of a zone did, for its books and warnings. */
export interface StepTally {
  /** Rows dropped, by reason. */
  readonly filtered: Map<string, number>;
  /** Rows that a join made beyond the first of each probe row. */
  pairs: number;
  /** Rows that a join made of readings of a person who does not have that serial number. */
  crossPersonPairs: number;
}

export interface StepContext {
  readonly rules: Rules;
  readonly consent: ConsentIndex;
  readonly lookups: Lookups;
}

/** Chains a zone's steps before `output`. Lookups are made at once, and asked only when rows come. */
export function compileSteps(zone: Zone, context: StepContext, tally: StepTally, output: RowSink): RowSink {
  const steps = stepsUnder(zone, context.rules.consent);
  for (const { reason } of steps) tally.filtered.set(reason, 0);
  return steps.reduceRight<RowSink>(
    (next, step, index) => compileStep(zone.source, step, steps[index + 1], context, tally, next),
    output,
  );
}

function compileStep(
  rows: TableShape,
  step: Step,
  following: Step | undefined,
  context: StepContext,
  tally: StepTally,
  next: RowSink,
): RowSink {
  const dropAs = ({ reason }: Step, rows = 1): void => {
    tally.filtered.set(reason, tally.filtered.get(reason)! + rows);
  };
  const drop = (): undefined => {
    dropAs(step);
  };
  switch (step.kind) {
    case "latest":
      return latestSink(rows, step, following, context, dropAs, next);
    case "join":
      return joinSink(rows, step, context, tally, drop, next);
    default: {
      const keep = predicate(rows, step, context);
      const keepRegistration = registrationTest(step, context);
      const { offer } = next;
      return {
        push: (row) => (keep(row) ? next.push(row) : drop()),
        ...(keepRegistration &&
          offer && {
            offer: (snapshot: Snapshot) =>
              keepRegistration(snapshot.registration) ? offer(snapshot) : drop(),
          }),
        end: () => next.end(),
      };
    }
  }
}

function predicate(
  rows: TableShape,
  step: Exclude<Step, Latest | Join>,
  context: StepContext,
): (row: Row) => boolean {
  const { rules, consent } = context;
  switch (step.kind) {
    case "consenting": {
      const { purpose } = step;
      const date = fieldIndex(rows, purpose);
      if (rules.consent === "any") return (row) => row[date] !== undefined;
      const email = keyReader(rows, "email");
      const serial = keyReader(rows, "serialNumber");
      return (row) => consent.registrationConsents(consent.registrationOf(email(row), serial(row)), purpose);
    }
    case "since": {
      const time = fieldIndex(rows, step.time);
      const key = keyReader(rows, step.who.field);
      const start = remembered(sinceOf(step, context));
      return (row) => Number(row[time]) >= start(key(row));
    }
    default: {
      const keys = keyFieldsOf(step).map((field) => keyReader(rows, field));
      const test = keyTest(step, context);
      return (row) => test(compositeKey(keys.map((key) => key(row))));
    }
  }
}

/** Whether such a step keeps a customer's row, by its registration; nothing where it does not go by that alone. */
function registrationTest(
  step: Exclude<Step, Latest | Join>,
  { rules, consent, lookups }: StepContext,
): ((registration: number) => boolean) | undefined {
  if (step.kind === "consenting" && rules.consent !== "any")
    return (registration) => consent.registrationConsents(registration, step.purpose);
  if (step.kind !== "semi-join" || step.on.length > 1) return undefined;
  const [field, other] = step.on[0]!;
  const found = lookups.keySet(step.table, [other]);
  if (!(found instanceof MarkedKeys)) return undefined;
  const { table, marks, others } = found;
  const { keys, numberOf } = consent.keysIn(field);
  // A set of the one may be asked for the other.
  if (table !== keys) return undefined;
  return (registration) => {
    const number = numberOf(registration);
    return marks.has(number) || (others.size > 0 && others.has(keys.keyAt(number)));
  };
}

/** A step that goes by keys alone. */
export type KeyStep = Known | Sharing | SemiJoin | EveryOwner;

/** The fields of a row whose keys, as a composite, such a step goes by. */
export function keyFieldsOf(step: KeyStep): readonly string[] {
  switch (step.kind) {
    case "known":
      return [step.who.field];
    case "sharing":
      return [step.person];
    case "semi-join":
      return step.on.map(([field]) => field);
    case "every-owner":
      return [step.serial];
  }
}

/** Whether such a step keeps the rows of a key; may be asked only when what it looks keys up in is complete. */
export function keyTest(step: KeyStep, { consent, lookups }: StepContext): (key: string) => boolean {
  switch (step.kind) {
    case "known":
      return step.who.by === "person" ? (key) => consent.knowsPerson(key) : (key) => consent.knowsSerial(key);
    case "sharing":
      return (key) => consent.personConsents(key, step.purpose);
    case "semi-join": {
      const found = lookups.keySet(
        step.table,
        step.on.map(([, field]) => field),
      );
      return (key) => found.has(key);
    }
    case "every-owner": {
      const registrations = lookups.registrations(step.table);
      return remembered((serial: string) =>
        consent.everyOwner(serial, (registration) => registrations.has(registration)),
      );
    }
  }
}

/** The date from which such a step keeps the rows of a key. */
export function sinceOf({ who, purpose }: Since, { consent }: StepContext): (key: string) => number {
  return who.by === "person"
    ? (key) => consent.personSince(key, purpose)
    : (key) => consent.ownersSince(key, purpose);
}

/**
 * Holds the greatest snapshot of each registration, and lets them go, in the order they came, at the end. Those that
 * the following step would drop for want of consent are not made into rows first, and not held at all where the
 * registration's own word is no.
 */
function latestSink(
  rows: TableShape,
  step: Latest,
  following: Step | undefined,
  { rules, consent }: StepContext,
  dropAs: (step: Step, rows?: number) => void,
  next: RowSink,
): RowSink {
  const email = keyReader(rows, "email");
  const serial = keyReader(rows, "serialNumber");
  const update = fieldIndex(rows, "lastUpdateDate");
  const format = rowFormat(rows);
  let latest = new LatestRows(rows, step.purpose);
  const consenting = following?.kind === "consenting" && rules.consent !== "any" ? following : undefined;
  const offer = ({ registration, at, bytes, start, end }: Snapshot): undefined => {
    // The consent index has seen every snapshot before it comes here.
    const isWanted = !consenting || consent.saysYes(registration, consenting.purpose);
    const isOneMore = isWanted
      ? latest.offer(registration, at, bytes, start, end)
      : latest.forgo(registration);
    if (isOneMore) dropAs(step);
  };
  return {
    push(row) {
      const registration = consent.registrationOf(email(row), serial(row));
      const bytes = Buffer.from(format(row));
      offer({ registration, at: Number(row[update]), bytes, start: 0, end: bytes.length - 1 });
      return undefined;
    },
    offer,
    async end() {
      if (consenting) dropAs(consenting, latest.forgone);
      await forEachRow(latest.registrations(), (registration) => {
        // The next step asks by itself then.
        if (next.offer) return next.offer(latest.snapshot(registration));
        if (consenting && !consent.registrationConsents(registration, consenting.purpose)) {
          dropAs(consenting);
          return undefined;
        }
        return next.push(latest.row(registration));
      });
      latest = new LatestRows(rows, step.purpose); // the zone's steps live as long as the run: what it held goes
      await next.end();
    },
  };
}

function joinSink(
  rows: TableShape,
  step: Join,
  { rules, lookups }: StepContext,
  tally: StepTally,
  drop: () => undefined,
  next: RowSink,
): RowSink {
  const { through, take } = step;
  const time = fieldIndex(rows, step.time[0]);
  const key = keyReader(rows, through.probe[0]);
  const fields = take.map((field) => step.table.fields[fieldIndex(step.table, field)]!);
  const build = lookups.joinBuild(step.table, step.time[1], through.build[0], take);
  const peopleOf = lookups.keyMap(through.table, through.probe[1], through.build[1]);
  const people = remembered((serial: string) => build.peopleOf(peopleOf.get(serial)));
  const found: number[] = [];
  const probe = (instant: number, who: People | undefined): Uint8Array[] => {
    if (build.spill) {
      throw new StediError("STEDI_JOIN_MEMORY", {
        what: "a join holds more than it may, and in a plan like this one it cannot spill",
        where: step.table.name,
        next: "allow it more with --memory",
      });
    }
    build.table.indexInstants();
    build.table.probe(instant, found, who);
    return found.flatMap((segment) => [...build.table.textsOf(segment)]);
  };
  return {
    push(row) {
      const instant = Number(row[time]);
      let texts = probe(instant, people(key(row)));
      if (rules.pair === "timestamp") {
        const own = texts.length;
        texts = probe(instant, undefined);
        tally.crossPersonPairs += texts.length - own;
      }
      if (texts.length === 0) {
        drop();
        return;
      }
      tally.pairs += texts.length - 1;
      return forEachRow(texts, (text) => {
        const values = takenValues(fields, text);
        return next.push([...row, ...values]);
      });
    },
    end: () => next.end(),
  };
}

/** Does something with each of many, and waits wherever that asks to. */
function forEachRow<T>(items: ArrayLike<T>, action: (item: T) => Wait): Wait {
  for (let index = 0; index < items.length; index++) {
    const wait = action(items[index]!);
    if (wait) {
      return (async () => {
        await wait;
        for (let rest = index + 1; rest < items.length; rest++) await action(items[rest]!);
      })();
    }
  }
  return undefined;
}

/** Reads the key of a field. Readings of one person come in runs, so the last one is remembered. */
function keyReader(rows: TableShape, field: string): (row: Row) => string {
  const index = fieldIndex(rows, field);
  let lastText: string | undefined;
  let lastKey = "";
  return (row) => {
    const text = row[index]!;
    if (text !== lastText) {
      lastText = text;
      lastKey = keyOf(text);
    }
    return lastKey;
  };
}

/** A function of a key that is worked out once for each; it may be asked only when its answers no longer change. */
function remembered<T>(work: (key: string) => T): (key: string) => T {
  const answers = new Map<string, T>();
  return (key) => {
    let answer = answers.get(key);
    if (answer === undefined) {
      answer = work(key);
      answers.set(key, answer);
    }
    return answer;
  };
}
