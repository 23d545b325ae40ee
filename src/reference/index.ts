// The reference model: the whole pipeline as one plain function from the files of a lake to what must come
// out of it. It shares no code with the engine, holds everything in memory and prefers the obvious way to the
// fast one, so that tests can hold the engine against it.

import { decideConsent, type Consent } from "./consent.js";
import { readTable } from "./landing.js";
import {
  ACCELEROMETER,
  CUSTOMER,
  STEP_TRAINER,
  type LakeFiles,
  type ReferenceOptions,
  type ReferenceResult,
} from "./model.js";
import { fillZones } from "./zones.js";

export type {
  LakeFiles,
  Pairing,
  Policy,
  ReferenceBooks,
  ReferenceLanding,
  ReferenceOptions,
  ReferenceQuarantine,
  ReferenceResult,
  TableName,
  ZoneName,
} from "./model.js";
export { attributeAll, type Attribution } from "./attribution.js";
export { decideConsent, registrationKey, type Consent, type Snapshot } from "./consent.js";
export { judge, keyOf, writeLine, type Row, type Verdict } from "./contract.js";
export { frame, type Entry } from "./framing.js";
export { gunzip, RefusedGzip } from "./gzip.js";
export { readRecord, type JsonObject, type JsonValue } from "./json.js";
export { readTable, type Damaged, type LandingTable } from "./landing.js";
export { ACCELEROMETER, CUSTOMER, STEP_TRAINER, type TableContract } from "./model.js";

/** Throws `RefusedGzip` where a file holds wrong gzip data: such a run must not happen at all. */
export function referenceRun(files: LakeFiles, options: ReferenceOptions): ReferenceResult {
  const customers = readTable(files, CUSTOMER);
  const accelerometer = readTable(files, ACCELEROMETER);
  const stepTrainer = readTable(files, STEP_TRAINER);
  const consent = decideConsent(customers, options.consent);
  return {
    // Without a good snapshot nobody consents, so the zones come out empty by themselves.
    usable: consent.snapshots.length > 0,
    ...fillZones(consent, customers, accelerometer, stepTrainer, options),
    landing: {
      customer_landing: customers.summary,
      accelerometer_landing: accelerometer.summary,
      step_trainer_landing: stepTrainer.summary,
    },
    quarantine: [...customers.quarantine, ...accelerometer.quarantine, ...stepTrainer.quarantine],
    unattributable: consent.unattributable,
  };
}

export interface WhoConsents {
  /** Keys of the people who consent, see `keyOf`. */
  readonly people: ReadonlySet<string>;
  /** Keys of the registrations with a row in customer_trusted, see `registrationKey`. */
  readonly trustedRegistrations: ReadonlySet<string>;
  /** The rest of what the customers' files say: owners, consent dates, who and what is known. */
  readonly consent: Consent;
}

export function whoConsents(files: LakeFiles, options: ReferenceOptions): WhoConsents {
  const consent = decideConsent(readTable(files, CUSTOMER), options.consent);
  return {
    people: new Set(consent.people.keys()),
    trustedRegistrations: consent.trustedRegistrations,
    consent,
  };
}
