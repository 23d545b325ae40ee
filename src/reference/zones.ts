// Fills the five zones from the good records of the landing tables and the decided consent, and keeps the
// books: each record that is not written is counted under the first reason that fits.

import { greatestOfRegistrations, registrationKey, type Consent, type Snapshot } from "./consent.js";
import { keyIn, timeIn, writeLine, type Row } from "./contract.js";
import { count, type LandingTable } from "./landing.js";
import {
  ACCELEROMETER,
  CUSTOMER,
  STEP_TRAINER,
  type ReferenceBooks,
  type ReferenceOptions,
  type TableContract,
  type ZoneName,
} from "./model.js";

interface Reading {
  readonly row: Row;
  /** The person of an accelerometer reading, the serial number of a step trainer reading. */
  readonly key: string;
  readonly time: number;
}

interface Zone<T> {
  readonly kept: readonly T[];
  readonly books: ReferenceBooks;
}

export interface Zones {
  readonly zones: Record<ZoneName, string[]>;
  readonly books: Record<ZoneName, ReferenceBooks>;
  readonly crossPersonPairs: number;
}

export function fillZones(
  consent: Consent,
  customers: LandingTable,
  accelerometer: LandingTable,
  stepTrainer: LandingTable,
  options: ReferenceOptions,
): Zones {
  const customerTrusted = trustCustomers(consent, customers, options);
  const accelerometerTrusted = trustAccelerometer(consent, accelerometer, options);
  const customerCurated = curateCustomers(customerTrusted.kept, accelerometerTrusted.kept);
  const curated = new Set(customerCurated.kept.map((s) => registrationKey(s.person, s.serial)));
  const stepTrainerTrusted = trustStepTrainer(consent, curated, stepTrainer, options);
  const pairs = pairReadings(stepTrainerTrusted.kept, accelerometerTrusted.kept, curated, options);

  const customerLine = ({ row }: Snapshot): string => writeLine(fieldNames(CUSTOMER), row);
  return {
    zones: {
      customer_trusted: customerTrusted.kept.map(customerLine),
      accelerometer_trusted: accelerometerTrusted.kept.map((r) =>
        writeLine(fieldNames(ACCELEROMETER), r.row),
      ),
      customer_curated: customerCurated.kept.map(customerLine),
      step_trainer_trusted: stepTrainerTrusted.kept.map((r) => writeLine(fieldNames(STEP_TRAINER), r.row)),
      machine_learning_curated: [...pairs.kept],
    },
    books: {
      customer_trusted: customerTrusted.books,
      accelerometer_trusted: accelerometerTrusted.books,
      customer_curated: customerCurated.books,
      step_trainer_trusted: stepTrainerTrusted.books,
      machine_learning_curated: pairs.books,
    },
    crossPersonPairs: pairs.crossPersonPairs,
  };
}

function fieldNames(contract: TableContract): string[] {
  return contract.fields.map((field) => field.name);
}

/** Keeps what has no reason against it. */
function sift<T>(
  landing: LandingTable | null,
  items: readonly T[],
  against: (item: T) => string | null,
): Zone<T> {
  const kept: T[] = [];
  const filtered: Record<string, number> = {};
  for (const item of items) {
    const reason = against(item);
    if (reason === null) kept.push(item);
    else count(filtered, reason);
  }
  return {
    kept,
    books: {
      read: landing?.summary.read ?? items.length,
      quarantined: { ...landing?.summary.quarantined },
      filtered,
      written: kept.length,
    },
  };
}

function trustCustomers(
  consent: Consent,
  customers: LandingTable,
  { consent: policy }: ReferenceOptions,
): Zone<Snapshot> {
  // Under "any" each snapshot stands for itself, and none is superseded.
  if (policy === "any") {
    return sift(customers, consent.snapshots, (snapshot) =>
      snapshot.consentDate === null ? "no_consent" : null,
    );
  }
  const rows = greatestOfRegistrations(consent.snapshots);
  return sift(customers, consent.snapshots, (snapshot) => {
    if (!rows.has(snapshot)) return "superseded";
    const trusted = consent.trustedRegistrations.has(registrationKey(snapshot.person, snapshot.serial));
    return trusted ? null : "no_consent";
  });
}

function trustAccelerometer(
  consent: Consent,
  accelerometer: LandingTable,
  { consent: policy }: ReferenceOptions,
): Zone<Reading> {
  const readings = accelerometer.rows.map((row) => toReading(row, "user", "timestamp"));
  const trustedPeople = new Set<string>();
  for (const { person, serial } of consent.snapshots) {
    if (consent.trustedRegistrations.has(registrationKey(person, serial))) trustedPeople.add(person);
  }
  return sift(accelerometer, readings, (reading) => {
    if (!consent.knownPeople.has(reading.key)) return "unknown_person";
    if (!trustedPeople.has(reading.key)) return "no_consent";
    if (policy === "as-of" && reading.time < consent.people.get(reading.key)!) return "before_consent";
    return null;
  });
}

function curateCustomers(trusted: readonly Snapshot[], readings: readonly Reading[]): Zone<Snapshot> {
  const withReadings = new Set(readings.map((reading) => reading.key));
  // Only "any" has more than one row for a registration to begin with.
  const rows = greatestOfRegistrations(trusted);
  return sift(null, trusted, (snapshot) => {
    if (!rows.has(snapshot)) return "superseded";
    return withReadings.has(snapshot.person) ? null : "no_readings";
  });
}

/** `curated`: the registrations in customer_curated. */
function trustStepTrainer(
  consent: Consent,
  curated: ReadonlySet<string>,
  stepTrainer: LandingTable,
  { consent: policy }: ReferenceOptions,
): Zone<Reading> {
  const readings = stepTrainer.rows.map((row) => toReading(row, "serialNumber", "sensorReadingTime"));

  // The same for all readings of a serial number, but for the consent date.
  const judgeSerial = (serial: string): { reason: string } | { from: number } => {
    if (!consent.knownSerials.has(serial)) return { reason: "unknown_serial" };
    const owners = [...(consent.owners.get(serial) ?? [])];
    const trusted = owners.filter((o) => consent.trustedRegistrations.has(registrationKey(o, serial)));
    if (trusted.length === 0) return { reason: "no_consent" };
    if (policy !== "any") {
      const shared = trusted.length < owners.length || consent.unknownOwner.has(serial);
      if (shared) return { reason: "shared_serial" };
    }
    if (!owners.some((owner) => curated.has(registrationKey(owner, serial))))
      return { reason: "no_readings" };
    let from = Number.NEGATIVE_INFINITY;
    if (policy === "as-of") for (const owner of owners) from = Math.max(from, consent.people.get(owner)!);
    return { from };
  };
  const judged = new Map<string, { reason: string } | { from: number }>();
  for (const { key } of readings) if (!judged.has(key)) judged.set(key, judgeSerial(key));

  return sift(stepTrainer, readings, (reading) => {
    const verdict = judged.get(reading.key)!;
    if ("reason" in verdict) return verdict.reason;
    return reading.time < verdict.from ? "before_consent" : null;
  });
}

function pairReadings(
  steps: readonly Reading[],
  accelerations: readonly Reading[],
  curated: ReadonlySet<string>,
  { pair }: ReferenceOptions,
): Zone<string> & { readonly crossPersonPairs: number } {
  const byTime = new Map<number, Reading[]>();
  for (const acceleration of accelerations) {
    const sameTime = byTime.get(acceleration.time);
    if (sameTime === undefined) byTime.set(acceleration.time, [acceleration]);
    else sameTime.push(acceleration);
  }

  // No customer field, so no user.
  const names = [...fieldNames(STEP_TRAINER), "x", "y", "z"];
  const lines: string[] = [];
  let unpaired = 0;
  let crossPersonPairs = 0;
  for (const step of steps) {
    let pairsOfStep = 0;
    for (const acceleration of byTime.get(step.time) ?? []) {
      const samePerson = curated.has(registrationKey(acceleration.key, step.key));
      if (pair === "person" && !samePerson) continue;
      if (!samePerson) crossPersonPairs += 1;
      pairsOfStep += 1;
      const row = new Map(step.row);
      for (const name of ["x", "y", "z"]) row.set(name, acceleration.row.get(name)!);
      lines.push(writeLine(names, row));
    }
    if (pairsOfStep === 0) unpaired += 1;
  }

  const books: ReferenceBooks = {
    read: steps.length,
    quarantined: {},
    filtered: unpaired === 0 ? {} : { no_pair: unpaired },
    written: lines.length,
    pairs: lines.length - (steps.length - unpaired),
  };
  return { kept: lines, books, crossPersonPairs };
}

function toReading(row: Row, keyField: string, timeField: string): Reading {
  return { row, key: keyIn(row, keyField), time: timeIn(row, timeField)! };
}
