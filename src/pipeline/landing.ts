// The landing zone of one table: which files there are, and how they are read to rows.

import { createHash } from "node:crypto";
import { StediError } from "../errors.js";
import type { PartFile, PartTarget } from "../io/part-writer.js";
import { QuarantineWriter } from "../io/quarantine.js";
import { type EntryHandler, type EntryPlace, type PlainRecord, readFiles } from "../io/records.js";
import type { TableFile } from "../io/read-ahead.js";
import type { BlockScanner } from "../io/scan-ahead.js";
import type { Room, Store, StoredFile } from "../io/store.js";
import { type Attribution, AttributionFinder, attributeRecord } from "../transforms/attribution.js";
import type { ContractHint, Damage, DamageReason } from "../transforms/contract.js";
import type { Row } from "../transforms/rows.js";
import type { TableShape } from "../transforms/tables.js";

/** The files of a landing table at one instant. */
export interface Landing {
  readonly table: TableShape;
  readonly store: Store;
  /** What is read, in reading order. */
  readonly files: readonly StoredFile[];
  /** Files of other endings, which nothing reads. */
  readonly unread: readonly StoredFile[];
}

export async function listLanding(store: Store, table: TableShape): Promise<Landing> {
  const all = await store.list(table.folder);
  return {
    table,
    store,
    files: all.filter(isLandingFile),
    unread: all.filter((file) => !isLandingFile(file)),
  };
}

/** Whether a file in a landing folder is read, by its name. */
export function isLandingFile({ path }: StoredFile): boolean {
  return path.endsWith(".json") || path.endsWith(".json.gz");
}

/** Tells whether two listings are of the same files in the same versions. */
export function fingerprint(files: readonly StoredFile[]): string {
  const hash = createHash("sha256");
  for (const { path, size, version } of files) hash.update(JSON.stringify([path, size, version]));
  return hash.digest("hex");
}

/** What was read of a landing table: counts of records by what became of them. */
export interface LandingTally {
  read: number;
  good: number;
  droppedFields: number;
  bytes: number;
  quarantined: Map<DamageReason, number>;
  /** Contract errors by field and what they look like. */
  hints: Map<string, { field: string; hint: ContractHint; count: number }>;
}

/** The books of a landing table while it is read, and its quarantine. */
export class LandingBooks {
  readonly tally: LandingTally = {
    read: 0,
    good: 0,
    droppedFields: 0,
    bytes: 0,
    quarantined: new Map(),
    hints: new Map(),
  };
  readonly #quarantine: QuarantineWriter;

  constructor(table: TableShape, out: PartTarget, quarantineFolder: string) {
    this.#quarantine = new QuarantineWriter(out, quarantineFolder, table);
  }

  /** Counts good records, and the fields of them that the table does not have. */
  good(records: number, droppedFields: number): void {
    this.tally.read += records;
    this.tally.good += records;
    this.tally.droppedFields += droppedFields;
  }

  setAside(file: string, place: EntryPlace, damage: Damage): Promise<void> | undefined {
    const { tally } = this;
    tally.read++;
    count(tally.quarantined, damage.reason);
    if (damage.field !== null && damage.hint !== null) {
      const key = `${damage.field} ${damage.hint}`;
      const seen = tally.hints.get(key) ?? { field: damage.field, hint: damage.hint, count: 0 };
      seen.count++;
      tally.hints.set(key, seen);
    }
    return this.#quarantine.write(file, place, damage);
  }

  /** @returns the parts of the quarantine */
  close(): Promise<readonly PartFile[]> {
    return this.#quarantine.close();
  }

  /** Never throws. */
  abort(): Promise<void> {
    return this.#quarantine.abort();
  }
}

/** Takes a landing table's good rows, and what its damaged records say of people. */
export interface LandingHandler {
  row(row: Row): Promise<void> | undefined;
  /** As those of `EntryHandler`. */
  plain?: EntryHandler["plain"];
  coming?: EntryHandler["coming"];
  damaged?(attribution: Attribution): void;
  /** Called after every chunk with its stored size; may throw to stop. */
  progress(bytes: number): void;
}

/**
 * Reads a landing table once, from end to end, row by row.
 * @param scanner looks through what is ahead, where there is one
 */
export async function scanLanding(
  landing: Landing,
  books: LandingBooks,
  handler: LandingHandler,
  scanner: BlockScanner | undefined,
): Promise<void> {
  const { table, store } = landing;
  const finder = handler.damaged && new AttributionFinder();
  const files = landingSources(landing, books, (bytes) => handler.progress(bytes));
  const entriesOf = ({ path }: TableFile): EntryHandler => ({
    row(row, dropped) {
      books.good(1, dropped);
      return handler.row(row);
    },
    ...(handler.plain && {
      plain(record: PlainRecord, hashes?: Int32Array): Promise<void> | undefined {
        books.good(1, record.dropped);
        return handler.plain!(record, hashes);
      },
    }),
    ...(handler.coming && { coming: handler.coming }),
    damaged(damage, place, record) {
      if (finder) handler.damaged?.(record ? attributeRecord(record) : finder.take());
      return books.setAside(path, place, damage);
    },
    skipped: (bytes, begins) => finder?.feed(bytes, begins),
  });
  await readFiles(table, files, store.readAhead, entriesOf, scanner);
}

/** The files of a landing table; what is read of them goes into the books. */
export function landingSources(
  landing: Landing,
  books: LandingBooks,
  progress: (bytes: number) => void,
): readonly TableFile[] {
  return landing.files.map((file) => ({
    path: file.path,
    where: `${landing.store.uri}/${file.path}`,
    size: file.size,
    chunks: (room, signal) => storedChunks(landing, file, books, progress, room, signal),
  }));
}

/** @throws StediError as `wholeFile` does */
function storedChunks(
  { store }: Landing,
  file: StoredFile,
  { tally }: LandingBooks,
  progress: (bytes: number) => void,
  room: Room | undefined,
  signal: AbortSignal | undefined,
): AsyncIterable<Uint8Array> {
  const counted = (bytes: number): void => {
    tally.bytes += bytes;
    progress(bytes);
  };
  return wholeFile(store, file, counted, room, signal);
}

/**
 * The bytes of a file, which must be as many as were listed.
 * @param room and signal as in `Store.read`
 * @throws StediError `STEDI_CHANGED` where the store gives another number of bytes than it said
 */
export async function* wholeFile(
  store: Store,
  file: StoredFile,
  progress: (bytes: number) => void,
  room?: Room,
  signal?: AbortSignal,
): AsyncIterable<Uint8Array> {
  let bytes = 0;
  for await (const chunk of store.read(file, room, signal)) {
    bytes += chunk.length;
    progress(chunk.length);
    yield chunk;
  }
  if (bytes === file.size) return;
  throw new StediError("STEDI_CHANGED", {
    what: "a file is not as long as it was said to be",
    where: `${store.uri}/${file.path}`,
    why: `${file.size} bytes were listed, ${bytes} were read`,
    next: "run again when nothing writes to the landing zone",
  });
}

/** There are no customers, or (with a tally) nothing usable in their files. */
export function noCustomers(customers: Landing, tally?: LandingTally): StediError {
  const { store, table, files } = customers;
  const hints = [...(tally?.hints.values() ?? [])].map(
    ({ field, hint, count }) => `${count} x ${field}: ${hint}`,
  );
  return new StediError("STEDI_NO_CUSTOMERS", {
    what: "consent could not be established: there is no usable customer snapshot",
    where: `${store.uri}/${table.folder}`,
    why:
      files.length === 0
        ? "there is no file that ends in .json or .json.gz"
        : [
            `${files.length} file${files.length === 1 ? " was" : "s were"} read`,
            `${tally?.read ?? 0} records in them are all damaged`,
            ...hints,
          ].join("; "),
    next: `put customer landing files there, name another lake with --lake, or make one to try: \`stedi generate DIR\``,
  });
}

/** The bytes of a landing table's files. */
export function storedBytes(landing: Landing): number {
  return landing.files.reduce((sum, file) => sum + file.size, 0);
}

/** Adds one to a count. */
export function count<K>(counts: Map<K, number>, key: K): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
