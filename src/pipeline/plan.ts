// The plan's shape: zones declared as frozen plain objects. A zone reads one table and takes its rows through a
// list of steps; each step names tables and fields and, as it drops rows, the reason that the books give. Nothing
// here does anything: the local engine runs a plan, `plan --graph` draws it, other engines are to get it as SQL.
//
// `zone` and `plan` check what they are given, so that a plan that exists makes sense.

import { StediError } from "../errors.js";
import { type Purpose, purposes } from "../transforms/consent.js";
import { type Policy, policies } from "../transforms/policy.js";
import {
  customerLanding,
  type Field,
  type FieldKind,
  landingTables,
  type TableShape,
} from "../transforms/tables.js";

/** Keeps the latest snapshot of each registration (e-mail address and serial number). */
export interface Latest {
  readonly kind: "latest";
  /** The field that decides between snapshots of one date: the greater goes first. */
  readonly purpose: Purpose;
  readonly reason: string;
  /** The policies under which the step stands; left out: all. */
  readonly under?: readonly Policy[];
}

/** Keeps the snapshots of registrations whose own word, and whose person's word, on a purpose is yes. */
export interface Consenting {
  readonly kind: "consenting";
  readonly purpose: Purpose;
  readonly reason: string;
}

/** Which field of a row tells whose it is: a person (by e-mail address) or the owners of a serial number. */
export interface Who {
  readonly by: "person" | "serial";
  readonly field: string;
}

/** Keeps rows whose person or serial number stands in some snapshot, good or damaged. */
export interface Known {
  readonly kind: "known";
  readonly who: Who;
  readonly reason: string;
}

/** Keeps readings of people whose word on a purpose, over all their registrations, is yes. */
export interface Sharing {
  readonly kind: "sharing";
  /** The field that holds the person's e-mail address. */
  readonly person: string;
  readonly purpose: Purpose;
  readonly reason: string;
}

/** Keeps rows for which `table` has a row with the same keys; `on` pairs a field of the row with one of `table`. */
export interface SemiJoin {
  readonly kind: "semi-join";
  readonly table: TableShape;
  readonly on: readonly (readonly [string, string])[];
  readonly reason: string;
}

/**
 * Keeps rows with a serial number all of whose owners, as the landing zone names them, have their registration of it
 * in `table`, and which has no unknown owner.
 */
export interface EveryOwner {
  readonly kind: "every-owner";
  readonly serial: string;
  readonly table: TableShape;
  readonly reason: string;
  readonly under?: readonly Policy[];
}

/** Keeps readings from the date of consent on: of their person, or of every owner of their serial number. */
export interface Since {
  readonly kind: "since";
  readonly time: string;
  readonly who: Who;
  readonly purpose: Purpose;
  readonly reason: string;
  readonly under?: readonly Policy[];
}

/**
 * Joins rows (probe side) with `table` (build side) on equal times. With the pairing `person` the pair must also stand
 * in `through`: a row there with the probe side's and the build side's keys. What comes out has the probe side's
 * fields, then those in `take` of the build side. Always the last step of its zone.
 */
export interface Join {
  readonly kind: "join";
  readonly table: TableShape;
  /** The time of the probe side, and that of the build side. */
  readonly time: readonly [string, string];
  readonly through: {
    readonly table: TableShape;
    /** A key field of the probe side, and the field of the table that it equals. */
    readonly probe: readonly [string, string];
    /** A key field of the build side, and the field of the table that it equals. */
    readonly build: readonly [string, string];
  };
  readonly take: readonly string[];
  readonly reason: string;
}

/** One step of a zone, told apart by `kind`. A row that it does not keep is counted under its `reason`. */
export type Step = Latest | Consenting | Known | Sharing | SemiJoin | EveryOwner | Since | Join;

/** A zone: its name as a stage, its folder, its fields; the table that it reads, and what becomes of the rows. */
export interface Zone extends TableShape {
  readonly source: TableShape;
  readonly steps: readonly Step[];
}

/** Zones in an order in which they can be built. */
export interface Plan {
  readonly zones: readonly Zone[];
}

/**
 * Declares a zone.
 * @throws StediError `STEDI_BAD_PLAN` for a declaration that makes no sense
 */
export function zone(name: string, folder: string, source: TableShape, steps: readonly Step[]): Zone {
  need(/^[a-z][a-z0-9_]*$/.test(name), "a zone's name that is not in lower case and underscores", name);
  need(isZoneFolder(folder), "a zone's folder that is not `a/b`", name);
  for (const [index, step] of steps.entries()) {
    checkStep(source, step, `${name}, step ${index + 1} (${step.kind})`);
    need(step.kind !== "join" || index === steps.length - 1, "a join that is not the last step", name);
  }
  checkConsentWaits(name, steps);
  const joined = steps.at(-1);
  const taken =
    joined?.kind === "join"
      ? joined.take.map((field) => needField(joined.table, field, undefined, name))
      : [];
  const fields = [...source.fields, ...taken];
  need(new Set(fields.map((field) => field.name)).size === fields.length, "a zone with a field twice", name);
  return deepFreeze({ name, folder, fields, source, steps });
}

/**
 * A plan of these zones; each may read landing tables and the zones before it.
 * @throws StediError `STEDI_BAD_PLAN`
 */
export function plan(zones: readonly Zone[]): Plan {
  const before = new Set<TableShape>(landingTables);
  const names = new Set(landingTables.flatMap((table) => [table.name, table.folder]));
  for (const each of zones) {
    for (const table of tablesOf(each)) {
      need(before.has(table), `a zone that reads ${table.name}, which is not declared before it`, each.name);
    }
    const lookups = each.steps.flatMap(lookupsOf);
    need(
      !lookups.some((table) => landingTables.includes(table)),
      "a landing table to look rows up in",
      each.name,
    );
    for (const name of [each.name, each.folder]) {
      need(!names.has(name), "two tables of one name or folder", name);
      names.add(name);
    }
    before.add(each);
  }
  return deepFreeze({ zones: [...zones] });
}

/** Whether a zone may have this folder. */
export function isZoneFolder(folder: string): boolean {
  return /^[a-z][a-z0-9_]*\/[a-z][a-z0-9_]*$/.test(folder);
}

/** The steps of a zone that stand under a policy. */
export function stepsUnder(each: Zone, policy: Policy): readonly Step[] {
  return each.steps.filter((step) => standsUnder(step, policy));
}

/** The tables that a step looks rows up in. */
export function lookupsOf(step: Step): readonly TableShape[] {
  switch (step.kind) {
    case "semi-join":
    case "every-owner":
      return [step.table];
    case "join":
      return [step.table, step.through.table];
    default:
      return [];
  }
}

/** Every table that a zone reads: its source, then those that it looks rows up in. */
export function tablesOf(each: Zone): readonly TableShape[] {
  return [...new Set([each.source, ...each.steps.flatMap(lookupsOf)])];
}

/** The dates of consent that a plan's zones ask about. */
export function purposesOf(zones: readonly Zone[]): readonly Purpose[] {
  const named = zones.flatMap((each) =>
    each.steps.flatMap((step) => ("purpose" in step ? [step.purpose] : [])),
  );
  return purposes.filter((purpose) => named.includes(purpose));
}

function standsUnder(step: Step, policy: Policy): boolean {
  return !("under" in step) || step.under.includes(policy);
}

function need(holds: boolean, what: string, where: string): void {
  if (holds) return;
  throw new StediError("STEDI_BAD_PLAN", { what, where, next: "correct the declaration of the zone" });
}

function needField(shape: TableShape, name: string, kind: FieldKind | undefined, where: string): Field {
  const found = shape.fields.find((candidate) => candidate.name === name);
  need(found !== undefined, `a field that ${shape.name} does not have`, `${where}: ${name}`);
  need(
    kind === undefined || found!.kind === kind,
    `a field that is no ${kind}`,
    `${where}: ${shape.name}.${name}`,
  );
  return found!;
}

function checkStep(rows: TableShape, step: Step, where: string): void {
  const key = (shape: TableShape, name: string): Field => needField(shape, name, "key", where);
  need(/^[a-z][a-z_]*$/.test(step.reason), "a reason that is not in lower case and underscores", where);
  need(
    !("purpose" in step) || purposes.includes(step.purpose),
    "a purpose that is no date of consent",
    where,
  );
  switch (step.kind) {
    case "latest":
    case "consenting":
      key(rows, "email");
      key(rows, "serialNumber");
      needField(rows, "lastUpdateDate", "time", where);
      needField(rows, step.purpose, "date", where);
      break;
    case "known":
      key(rows, step.who.field);
      break;
    case "sharing":
      key(rows, step.person);
      // Who consents is known once all snapshots are read: rows made of them come too early.
      need(landingOf(rows) !== customerLanding, "a step for readings on snapshots", where);
      break;
    case "semi-join":
      need(step.on.length > 0, "a semi-join on nothing", where);
      for (const [left, right] of step.on) {
        key(rows, left);
        key(step.table, right);
      }
      break;
    case "every-owner":
      key(rows, step.serial);
      key(step.table, "email");
      key(step.table, "serialNumber");
      break;
    case "since":
      needField(rows, step.time, "time", where);
      key(rows, step.who.field);
      break;
    case "join":
      needField(rows, step.time[0], "time", where);
      needField(step.table, step.time[1], "time", where);
      key(rows, step.through.probe[0]);
      key(step.through.table, step.through.probe[1]);
      key(step.table, step.through.build[0]);
      key(step.through.table, step.through.build[1]);
      break;
  }
}

/** The landing table that a table's rows come from. */
export function landingOf(table: TableShape): TableShape {
  return "source" in table ? landingOf(table.source as TableShape) : table;
}

/** Whether a registration consents is known once the whole landing zone is read: a step before must wait for that. */
function checkConsentWaits(name: string, steps: readonly Step[]): void {
  for (const [index, step] of steps.entries()) {
    if (step.kind !== "consenting") continue;
    for (const policy of policies) {
      const waits = steps
        .slice(0, index)
        .some((before) => before.kind === "latest" && standsUnder(before, policy));
      need(waits || policy === "any", `consent asked of single snapshots under ${policy}`, name);
    }
  }
}

function deepFreeze<T>(value: T): T {
  if (typeof value === "object" && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const inner of Object.values(value)) deepFreeze(inner);
  }
  return value;
}
