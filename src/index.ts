// The package's interface for programs: run the plan, or a plan of one's own, and read what it says.

export { type ErrorCode, errorCodes, type ErrorParts, exitCodes, StediError } from "./errors.js";
export { folderStore } from "./io/folder-store.js";
export { openStore } from "./io/open-store.js";
export type { PartFile } from "./io/part-writer.js";
export { type Checksum, type ChecksumAlgorithm, checksumAlgorithms } from "./io/checksum.js";
export type { S3Options } from "./io/s3-store.js";
export type { FileSink, ReadAhead, Room, Store, StoredFile, Unfinished } from "./io/store.js";
export { type Commit, type CommittedLanding, type CommittedZone, lastCommit } from "./pipeline/commit-log.js";
export {
  type Consenting,
  type EveryOwner,
  type Join,
  type Known,
  type Latest,
  lookupsOf,
  type Plan,
  plan,
  type SemiJoin,
  type Sharing,
  type Since,
  type Step,
  stepsUnder,
  tablesOf,
  type Who,
  type Zone,
  zone,
} from "./pipeline/plan.js";
export type { PrepareOptions } from "./pipeline/prepare.js";
export type { Counts, RunEvent, RunReport, StageReport, Warning } from "./pipeline/report.js";
export { type RunOptions, runPipeline } from "./pipeline/run.js";
export { lakeStatus, type LakeStatus, type StatusOptions, type ZoneStatus } from "./pipeline/status.js";
export {
  accelerometerTrusted,
  customerCurated,
  customerTrusted,
  machineLearningCurated,
  stediPlan,
  stepTrainerTrusted,
} from "./pipeline/stedi-plan.js";
export {
  type SyncedFile,
  type SyncEvent,
  syncLanding,
  type SyncOptions,
  type SyncReason,
  type SyncReport,
  type SyncTableReport,
} from "./pipeline/sync.js";
export { type Purpose, purposes } from "./transforms/consent.js";
export { type Pairing, pairings, type Policy, policies, type Rules } from "./transforms/policy.js";
export {
  accelerometerLanding,
  customerLanding,
  type Field,
  type FieldKind,
  landingTables,
  stepTrainerLanding,
  type TableShape,
} from "./transforms/tables.js";
export { version } from "./version.js";
