// Writes the rows of one table as newline JSON into part files of a bounded size, with their checksums.

import { createHash, type Hash } from "node:crypto";
import type { FileSink, Store } from "./store.js";

/** A written part: its path below the lake's root, bytes, rows and SHA-256 in hex. */
export interface PartFile {
  readonly path: string;
  readonly bytes: number;
  readonly rows: number;
  readonly sha256: string;
}

/** Where parts go: a store, as far as writing is concerned. */
export type PartTarget = Pick<Store, "create">;

/** A part is closed with the row that brings it to this many bytes. */
const partBytes = 128 * 1024 * 1024;

const bufferBytes = 512 * 1024;

/** Fewer bytes than these are copied into the buffer rather than written by themselves: that costs less than a call. */
const directBytes = 320 * 1024;

const newline = 0x0a;

/** No UTF-16 unit takes more bytes in UTF-8. */
const bytesPerUnit = 3;

/**
 * Takes rows as text and writes them behind a buffer. `write` gives a promise when the caller should wait before
 * the next row, so that memory stays flat on a slow store. A table without rows gets no file.
 */
export class PartWriter {
  readonly #target: PartTarget;
  readonly #folder: string;
  readonly #limit: number;
  readonly #parts: PartFile[] = [];
  #sink: FileSink | undefined;
  #hash: Hash = createHash("sha256");
  #partBytes = 0;
  #partRows = 0;
  /** Two buffers, made with the first row: one is filled while the store takes the other. */
  #buffer: Buffer = Buffer.alloc(0);
  #spare: Buffer | undefined;
  #filled = 0;
  #pending: Promise<void> | undefined;
  #failure: { readonly error: unknown } | undefined;
  /** A file that is being made. */
  #opening: Promise<FileSink> | undefined;
  #aborted = false;
  /** The lines so far. */
  #lines = Promise.resolve();

  /** @param limit bytes at which a part is closed */
  constructor(target: PartTarget, folder: string, limit = partBytes) {
    this.#target = target;
    this.#folder = folder;
    this.#limit = limit;
  }

  /** @param line one row with its newline */
  write(line: string): Promise<void> | undefined {
    if (this.#buffer.length - this.#filled < line.length * bytesPerUnit) {
      return this.#flush().then(() => this.#append(line));
    }
    return this.#append(line);
  }

  /** Writes a row whose line, without its newline, is `bytes` from `start` to `end`; they may change afterwards. */
  writeRecord(bytes: Buffer, start: number, end: number): Promise<void> | undefined {
    const needed = end - start + 1;
    if (this.#buffer.length - this.#filled >= needed) return this.#appendRecord(bytes, start, end);
    const record = Buffer.from(bytes.subarray(start, end));
    return this.#flush().then(() => this.#appendRecord(record, 0, record.length));
  }

  /**
   * Writes lines behind those that it was given before; it need not be done with these.
   * @param lines whole rows, each with its newline; the bytes must not change before the promise
   * @param rows how many
   */
  writeLines(lines: Uint8Array, rows: number): Promise<void> {
    return (this.#lines = this.#lines.then(() => this.#writeLines(lines, rows)));
  }

  async #writeLines(lines: Uint8Array, rows: number): Promise<void> {
    let from = 0;
    let left = rows;
    while (from < lines.length) {
      const [to, count] = this.#upToLimit(lines, from, left);
      await this.#writeBytes(lines.subarray(from, to));
      this.#partBytes += to - from;
      this.#partRows += count;
      left -= count;
      from = to;
      if (this.#partBytes >= this.#limit) await this.#end();
    }
  }

  /** Where the row ends that brings the part to its limit, or the last one, and how many rows that is. */
  #upToLimit(lines: Uint8Array, from: number, rows: number): readonly [number, number] {
    if (this.#partBytes + lines.length - from < this.#limit) return [lines.length, rows];
    const to = lines.indexOf(newline, Math.max(from, from + this.#limit - this.#partBytes - 1)) + 1;
    let count = 0;
    for (let at = lines.indexOf(newline, from); at >= 0 && at < to; at = lines.indexOf(newline, at + 1))
      count++;
    return [to, count];
  }

  /** Few bytes go through the buffer, many straight to the store. */
  async #writeBytes(bytes: Uint8Array): Promise<void> {
    if (bytes.length < directBytes) {
      if (this.#buffer.length - this.#filled < bytes.length) await this.#flush();
      if (this.#buffer.length < bytes.length) this.#buffer = Buffer.allocUnsafeSlow(bufferBytes);
      this.#buffer.set(bytes, this.#filled);
      this.#filled += bytes.length;
      return;
    }
    await this.#flush();
    await this.#settle();
    await this.#send(bytes);
    await this.#settle();
  }

  /** Writes out what is left. @returns the parts, in order */
  async close(): Promise<readonly PartFile[]> {
    await this.#lines;
    return this.#end();
  }

  async #end(): Promise<readonly PartFile[]> {
    await this.#flush();
    await this.#settle();
    await this.#closePart();
    return this.#parts;
  }

  /** Gives up the part being written; never throws. */
  async abort(): Promise<void> {
    this.#aborted = true;
    await this.#pending?.catch(() => undefined);
    // Other zones' writes go on while this one's file is made: it must not appear after all else has been cleared.
    const sink = this.#sink ?? (await this.#opening?.catch(() => undefined));
    await sink?.abort();
    this.#sink = undefined;
  }

  #append(line: string): Promise<void> | undefined {
    this.#reserve(line.length * bytesPerUnit);
    return this.#appended(this.#buffer.write(line, this.#filled));
  }

  #appendRecord(bytes: Buffer, start: number, end: number): Promise<void> | undefined {
    this.#reserve(end - start + 1);
    bytes.copy(this.#buffer, this.#filled, start, end);
    this.#buffer[this.#filled + end - start] = newline;
    return this.#appended(end - start + 1);
  }

  /** A buffer that has nothing in it yet may be too small. */
  #reserve(needed: number): void {
    if (needed > this.#buffer.length) this.#buffer = Buffer.allocUnsafeSlow(Math.max(needed, bufferBytes));
  }

  #appended(bytes: number): Promise<void> | undefined {
    this.#filled += bytes;
    this.#partBytes += bytes;
    this.#partRows++;
    if (this.#partBytes < this.#limit) return undefined;
    return this.#end().then(() => undefined);
  }

  /** Hands the buffer to the store and goes on with the other one, once that is free. */
  async #flush(): Promise<void> {
    await this.#settle();
    if (this.#filled === 0) return;
    const full = this.#buffer;
    await this.#send(full.subarray(0, this.#filled), () => {
      this.#spare = full.length === bufferBytes ? full : undefined;
    });
    this.#buffer = this.#spare ?? Buffer.allocUnsafeSlow(bufferBytes);
    this.#spare = undefined;
    this.#filled = 0;
  }

  /** Begins to write; `#settle` waits for the end of it. */
  async #send(bytes: Uint8Array, written: () => void = () => undefined): Promise<void> {
    const sink = (this.#sink ??= await this.#open());
    if (this.#aborted) throw new Error("written to after it was given up");
    this.#pending = sink.write(bytes).then(written, (error: unknown) => void (this.#failure = { error }));
    this.#hash.update(bytes); // while the store writes
  }

  async #open(): Promise<FileSink> {
    if (this.#aborted) throw new Error("written to after it was given up");
    this.#opening = this.#target.create(this.#partPath(), this.#limit);
    return this.#opening.finally(() => (this.#opening = undefined));
  }

  async #settle(): Promise<void> {
    await this.#pending;
    this.#pending = undefined;
    if (this.#failure) throw this.#failure.error;
  }

  async #closePart(): Promise<void> {
    if (!this.#sink) return;
    await this.#sink.close();
    this.#sink = undefined;
    this.#parts.push({
      path: this.#partPath(),
      bytes: this.#partBytes,
      rows: this.#partRows,
      sha256: this.#hash.digest("hex"),
    });
    this.#hash = createHash("sha256");
    this.#partBytes = 0;
    this.#partRows = 0;
  }

  #partPath(): string {
    return `${this.#folder}/part-${String(this.#parts.length).padStart(5, "0")}.json`;
  }
}
