// The three landing tables: their fields, in the order they are written out, and what each must hold.
// Everything that knows a field by name (contracts, scanners, writers, the plan) starts from here.

/**
 * What a field may hold:
 * - `key`: a string with something in it besides space, tab, CR and LF; compared by its key (see keys.ts)
 * - `text`: a string, `null` or absent
 * - `time`: epoch milliseconds, an integer literal from 10^12 to 10^13 - 1
 * - `date`: a time, or blank (absent, `null`, `""`, a number equal to 0)
 * - `number`: a number that is finite as a double, kept with the digits it came with
 */
export type FieldKind = "key" | "text" | "time" | "date" | "number";

/** Whether a field of a kind must be there. */
export const isRequired: Readonly<Record<FieldKind, boolean>> = {
  key: true,
  text: false,
  time: true,
  date: false,
  number: true,
};

/** One declared field of a table. */
export interface Field {
  readonly name: string;
  readonly kind: FieldKind;
}

/** A table's name (as in commands and books), its folder below the lake, and its fields in order. */
export interface TableShape {
  readonly name: string;
  readonly folder: string;
  readonly fields: readonly Field[];
}

function table(name: string, folder: string, fields: readonly [string, FieldKind][]): TableShape {
  return Object.freeze({
    name,
    folder,
    fields: Object.freeze(fields.map(([field, kind]) => Object.freeze({ name: field, kind }))),
  });
}

/** Customer snapshots: one record for each change. */
export const customerLanding = table("customer_landing", "customer/landing", [
  ["customerName", "text"],
  ["email", "key"],
  ["phone", "text"],
  ["birthDay", "text"],
  ["serialNumber", "key"],
  ["registrationDate", "date"],
  ["lastUpdateDate", "time"],
  ["shareWithResearchAsOfDate", "date"],
  ["shareWithPublicAsOfDate", "date"],
  ["shareWithFriendsAsOfDate", "date"],
]);

/** Readings of the phone app; `user` is an e-mail address. */
export const accelerometerLanding = table("accelerometer_landing", "accelerometer/landing", [
  ["user", "key"],
  ["timestamp", "time"],
  ["x", "number"],
  ["y", "number"],
  ["z", "number"],
]);

/** Readings of the step trainers. */
export const stepTrainerLanding = table("step_trainer_landing", "step_trainer/landing", [
  ["sensorReadingTime", "time"],
  ["serialNumber", "key"],
  ["distanceFromObject", "number"],
]);

/** All three. */
export const landingTables: readonly TableShape[] = Object.freeze([
  customerLanding,
  accelerometerLanding,
  stepTrainerLanding,
]);

/**
 * The position of a field in its table.
 * @throws RangeError when the table has no such field
 */
export function fieldIndex(shape: TableShape, name: string): number {
  const index = shape.fields.findIndex((field) => field.name === name);
  if (index < 0) throw new RangeError(`table ${shape.name} has no field ${name}`);
  return index;
}
