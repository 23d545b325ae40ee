// The words the reference model is written in: the options, the landing tables and their contracts, and
// the shapes of what comes out. Types and constants only, nothing here computes anything.

export type Policy = "latest" | "as-of" | "any";
export type Pairing = "person" | "timestamp";

export interface ReferenceOptions {
  readonly consent: Policy;
  readonly pair: Pairing;
}

/** Path below the lake ("customer/landing/a.json", "customer/landing/b.json.gz") -> bytes as stored. */
export type LakeFiles = ReadonlyMap<string, Uint8Array>;

export type TableName = "customer_landing" | "accelerometer_landing" | "step_trainer_landing";
export type ZoneName =
  | "customer_trusted"
  | "accelerometer_trusted"
  | "customer_curated"
  | "step_trainer_trusted"
  | "machine_learning_curated";

export interface ReferenceBooks {
  read: number;
  /** Reason -> count; a reason that never came up is left out. */
  quarantined: Record<string, number>;
  filtered: Record<string, number>;
  written: number;
  /** Only for machine_learning_curated: pairs of a reading beyond its first. */
  pairs?: number;
}

export interface ReferenceQuarantine {
  table: TableName;
  file: string;
  offset: number;
  length: number;
  /** Counts the entries of a file from 1, good ones included. */
  record: number;
  reason: string;
  field: string | null;
}

export interface ReferenceLanding {
  files: number;
  read: number;
  good: number;
  quarantined: Record<string, number>;
  /** Fields of good records that the table does not list. */
  droppedFields: number;
  /** Files below the landing folder that have another ending and are not hidden. */
  unread: string[];
}

export interface ReferenceResult {
  /** False when there is no usable snapshot; the zones are empty then. */
  usable: boolean;
  /** Lines without their newline, in order. */
  zones: Record<ZoneName, string[]>;
  books: Record<ZoneName, ReferenceBooks>;
  landing: Record<TableName, ReferenceLanding>;
  quarantine: ReferenceQuarantine[];
  /** Damaged snapshots in which no e-mail address can be read. */
  unattributable: number;
  crossPersonPairs: number;
}

/**
 * What a field may hold.
 * - key: an e-mail address or serial number, must be there with something in it
 * - time: epoch milliseconds, must be there
 * - number: must be there and be finite as a double
 * - date: a time or blank
 * - text: a string, null or absent
 */
export type FieldKind = "key" | "time" | "number" | "date" | "text";

export interface FieldRule {
  readonly name: string;
  readonly kind: FieldKind;
}

export interface TableContract {
  readonly table: TableName;
  /** Where its files are, below the lake, with the slash at the end. */
  readonly folder: string;
  /** In the order in which they are written out. */
  readonly fields: readonly FieldRule[];
}

export const CUSTOMER: TableContract = {
  table: "customer_landing",
  folder: "customer/landing/",
  fields: [
    { name: "customerName", kind: "text" },
    { name: "email", kind: "key" },
    { name: "phone", kind: "text" },
    { name: "birthDay", kind: "text" },
    { name: "serialNumber", kind: "key" },
    { name: "registrationDate", kind: "date" },
    { name: "lastUpdateDate", kind: "time" },
    { name: "shareWithResearchAsOfDate", kind: "date" },
    { name: "shareWithPublicAsOfDate", kind: "date" },
    { name: "shareWithFriendsAsOfDate", kind: "date" },
  ],
};

export const ACCELEROMETER: TableContract = {
  table: "accelerometer_landing",
  folder: "accelerometer/landing/",
  fields: [
    { name: "user", kind: "key" },
    { name: "timestamp", kind: "time" },
    { name: "x", kind: "number" },
    { name: "y", kind: "number" },
    { name: "z", kind: "number" },
  ],
};

export const STEP_TRAINER: TableContract = {
  table: "step_trainer_landing",
  folder: "step_trainer/landing/",
  fields: [
    { name: "sensorReadingTime", kind: "time" },
    { name: "serialNumber", kind: "key" },
    { name: "distanceFromObject", kind: "number" },
  ],
};
