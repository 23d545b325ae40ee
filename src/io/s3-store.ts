// A lake in a bucket: `s3://bucket/prefix`. Objects are read in pieces, many at once, each of exactly the version that was
// listed; what breaks off is read on from the next byte.

import { randomUUID } from "node:crypto";
import { setMaxListeners } from "node:events";
import type { Readable } from "node:stream";
import { finished } from "node:stream/promises";
import {
  AbortMultipartUploadCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetBucketVersioningCommand,
  GetObjectCommand,
  type GetObjectCommandOutput,
  HeadObjectCommand,
  type HeadObjectCommandOutput,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  type ListObjectsV2CommandOutput,
  PutObjectCommand,
  type PutObjectCommandInput,
  type S3Client,
} from "@aws-sdk/client-s3";
import pLimit from "p-limit";
import { StediError } from "../errors.js";
import { compareUtf8 } from "../transforms/keys.js";
import { type Checksum, type ChecksumAlgorithm, createHasher } from "./checksum.js";
import { backoff, type Patience, s3Client } from "./s3-client.js";
import { asS3Error, statusOf } from "./s3-errors.js";
import { UploadMemory, UploadSink, writeIdKey } from "./s3-upload.js";
import {
  type FileSink,
  noCondition,
  type ReadAhead,
  type Room,
  type Store,
  type StoredFile,
  type Unfinished,
} from "./store.js";

/** How a store on S3 is to be used. */
export interface S3Options {
  /** Server-side encryption of what is written; left out: what the bucket says. */
  readonly sse?: "AES256" | "aws:kms" | undefined;
  /** The key for `aws:kms`; left out: the account's own. */
  readonly sseKmsKeyId?: string | undefined;
  /** How long, in milliseconds, a store may fail in a row before it is given up; left out: two minutes. */
  readonly retryForMs?: number | undefined;
  /** Go on although the store does not hold a put on condition: then two runs at once may both commit. */
  readonly unsafeSingleWriter?: boolean | undefined;
  /** Ends what is being read, with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

const defaultRetryMs = 120_000;
const longestStallMs = 20_000;

/** A store that is back for a moment is to be met with, however little patience there is: many tries fit into it. */
const triesAtLeast = 20;
const longestDelayMs = 5_000;
const shortestLongestDelayMs = 250;

/** What one request reads at most. */
const pieceBytes = 4 * 1024 * 1024;

/** Requests for bytes under way at once, over all objects. */
const requestsAtOnce = 16;

/** Pieces of one object that are read before their turn. */
const piecesAhead = 6;

/** An answer with other bytes than are stored is asked for again; after so many of them something else is wrong. */
const mostFlips = 5;

/** What all uploads may hold together, besides the part that each is filling. */
const uploadBytes = 48 * 1024 * 1024;

/** A small file that is another one each time it is asked for is one too many. */
const mostGets = 5;

/** How many keys one request deletes at most, by the protocol. */
const deletedAtOnce = 1000;

/**
 * A lake in a bucket.
 * @param uri `s3://bucket` or `s3://bucket/prefix`
 * @throws StediError `STEDI_BAD_VALUE` where it is none
 */
export async function s3Store(uri: string, options: S3Options = {}): Promise<Store> {
  const [, bucket, prefix = ""] = /^s3:\/\/([^/]+)(?:\/(.*))?$/i.exec(uri) ?? [];
  if (bucket === undefined || !/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(bucket)) {
    throw new StediError("STEDI_BAD_VALUE", {
      what: "not a place in S3",
      where: uri,
      why: "it has to be s3://BUCKET or s3://BUCKET/PREFIX",
      next: "correct it",
    });
  }
  const { retryForMs = defaultRetryMs } = options;
  const patience = {
    retryForMs,
    stallMs: Math.min(longestStallMs, retryForMs / 3),
    longestDelayMs: Math.min(longestDelayMs, Math.max(shortestLongestDelayMs, retryForMs / triesAtLeast)),
  };
  return new S3Store(await s3Client(patience), bucket, prefix.replace(/^\/+|\/+$/g, ""), patience, options);
}

/** A piece of an object that is asked for: bytes `from` up to `to`. */
interface Piece {
  readonly file: StoredFile;
  readonly from: number;
  readonly to: number;
}

class S3Store implements Store {
  readonly uri: string;
  readonly isRemote = true;
  readonly readAhead: ReadAhead = {
    files: requestsAtOnce,
    smallBytes: pieceBytes,
    leadBytes: 2 * pieceBytes,
  };
  readonly #client: S3Client;
  readonly #bucket: string;
  /** What every key begins with: nothing, or a prefix and a slash. */
  readonly #root: string;
  readonly #patience: Patience;
  readonly #options: S3Options;
  readonly #limit = pLimit(requestsAtOnce);
  readonly #pieces = new PieceMemory();
  readonly #uploads = new UploadMemory(uploadBytes);

  constructor(client: S3Client, bucket: string, prefix: string, patience: Patience, options: S3Options) {
    this.#client = client;
    this.#bucket = bucket;
    this.#root = prefix === "" ? "" : `${prefix}/`;
    this.uri = `s3://${bucket}${prefix === "" ? "" : `/${prefix}`}`;
    this.#patience = patience;
    this.#options = options;
    if (options.signal) setMaxListeners(0, options.signal); // as many as there are requests and uploads
  }

  async exists(): Promise<boolean> {
    const { Contents = [] } = await this.#page({ Prefix: this.#root, MaxKeys: 1 }, "");
    return Contents.length > 0 || this.#root === "";
  }

  async list(folder: string): Promise<readonly StoredFile[]> {
    const files: StoredFile[] = [];
    for await (const file of this.#objects(`${folder}/`)) {
      const names = file.path.slice(folder.length + 1).split("/");
      // A key that ends with a slash is how some tools draw a folder.
      if (names.at(-1) !== "" && !names.some((name) => /^[_.]/.test(name))) files.push(file);
    }
    return files.sort((a, b) => compareUtf8(a.path, b.path));
  }

  async names(folder: string): Promise<readonly string[]> {
    const names = new Set<string>();
    const from = this.#key(`${folder}/`).length;
    for await (const { Contents = [], CommonPrefixes = [], EncodingType } of this.#pages(`${folder}/`, "/")) {
      for (const key of [...Contents.map(({ Key }) => Key), ...CommonPrefixes.map(({ Prefix }) => Prefix)]) {
        const name = decoded(key!, EncodingType).slice(from).replace(/\/$/, "");
        if (name !== "") names.add(name);
      }
    }
    return [...names].sort(compareUtf8);
  }

  async find(path: string): Promise<StoredFile | undefined> {
    const found = await this.#head(path);
    return found && { path, size: found.ContentLength ?? 0, version: versionOf(found.ETag) };
  }

  async *read(file: StoredFile, room?: Room, signal?: AbortSignal): AsyncIterable<Uint8Array> {
    const stop = new AbortController();
    const signals = [stop.signal, signal, this.#options.signal].filter((each) => each !== undefined);
    const stopped = AbortSignal.any(signals);
    setMaxListeners(0, stopped); // each request listens, and Node would warn of a leak
    const ahead: Promise<Uint8Array>[] = [];
    let next = 0;
    /** What was given before the last piece. */
    let used: Uint8Array | undefined;
    const begin = (): void => {
      const piece = { file, from: next, to: Math.min(next + pieceBytes, file.size) };
      next = piece.to;
      const reading = this.#limit(() => this.#fetch(piece, stopped));
      reading.catch(() => undefined); // told when it is its turn
      ahead.push(reading);
    };
    try {
      // An object without bytes is asked for too: it may have changed.
      do begin();
      while (next < file.size && ahead.length < piecesAhead);
      // One that comes in one answer has been held to what came with it.
      const known = file.size > pieceBytes ? checksumOf(await this.#head(file.path)) : undefined;
      const hasher = known && createHasher(known.algorithm);
      while (ahead.length > 0) {
        const piece = await ahead.shift()!;
        if (next < file.size) begin();
        hasher?.update(piece);
        if (piece.length > 0) yield piece;
        // Whoever has room for chunks is done with the piece before by now.
        if (room && used) this.#pieces.give(used);
        used = piece;
      }
      if (hasher && hasher.digest() !== known.value) throw this.#otherBytes(file);
    } finally {
      // Not for nothing: each abort makes an error, and that of every small file is felt.
      if (ahead.length > 0) stop.abort();
      await Promise.allSettled(ahead);
    }
  }

  async get(path: string): Promise<Uint8Array | undefined> {
    for (let tries = 1; ; tries++) {
      const file = await this.find(path);
      if (!file) return undefined;
      try {
        const chunks: Uint8Array[] = [];
        for await (const chunk of this.read(file)) chunks.push(chunk);
        return Buffer.concat(chunks);
      } catch (error) {
        // Another one has come in its place, or none.
        const isOther = error instanceof StediError && error.code === "STEDI_CHANGED";
        if (!isOther || tries === mostGets) throw error;
      }
    }
  }

  create(path: string, expectedBytes?: number): Promise<FileSink> {
    const sink = new UploadSink({
      client: this.#client,
      memory: this.#uploads,
      object: this.#object(path),
      where: this.#where(path),
      expectedBytes,
      signal: this.#options.signal,
    });
    return Promise.resolve(sink);
  }

  /** A put or a finished upload makes an object appear whole, in whose place ever. */
  replace(path: string, expectedBytes?: number): Promise<FileSink> {
    return this.create(path, expectedBytes);
  }

  async knownChecksum({ path, version }: StoredFile): Promise<Checksum | undefined> {
    const found = await this.#head(path);
    if (!found || versionOf(found.ETag) !== version) return undefined;
    // The ETag of an object that was put in one piece is its MD5, unless it is encrypted with a key of one's own.
    const isMd5 = /^[0-9a-f]{32}$/.test(version) && (found.ServerSideEncryption ?? "AES256") === "AES256";
    const md5 = isMd5 ? Buffer.from(version, "hex").toString("base64") : undefined;
    return checksumOf(found) ?? (md5 === undefined ? undefined : { algorithm: "md5", value: md5 });
  }

  async putIfAbsent(path: string, bytes: Uint8Array): Promise<boolean> {
    const { unsafeSingleWriter = false } = this.#options;
    if (unsafeSingleWriter && (await this.find(path))) return false;
    const writeId = randomUUID();
    try {
      await this.#client.send(
        new PutObjectCommand({
          ...this.#object(path),
          Body: bytes,
          Metadata: { [writeIdKey]: writeId },
          ...(!unsafeSingleWriter && { IfNoneMatch: "*" }),
        }),
      );
      return true;
    } catch (error) {
      if (statusOf(error) === 501) throw noCondition(this.#where(path));
      if (statusOf(error) !== 412) throw asS3Error(error, "PutObject", this.#where(path));
      // What is in the way may be what this very call has put there, if the store's answer was lost.
      return (await this.#head(path))?.Metadata?.[writeIdKey] === writeId;
    }
  }

  async remove(path: string): Promise<void> {
    const keys = [this.#key(path)];
    // Not ended by the signal: a run that is told to end takes away what it has written.
    for await (const file of this.#objects(`${path}/`, {})) keys.push(this.#key(file.path));
    if (keys.length === 1) {
      await this.#attempt("DeleteObject", path, () =>
        this.#client.send(new DeleteObjectCommand({ Bucket: this.#bucket, Key: keys[0] })),
      );
      return;
    }
    for (let from = 0; from < keys.length; from += deletedAtOnce) {
      const Objects = keys.slice(from, from + deletedAtOnce).map((Key) => ({ Key }));
      const { Errors = [] } = await this.#attempt("DeleteObjects", path, () =>
        this.#client.send(
          new DeleteObjectsCommand({ Bucket: this.#bucket, Delete: { Objects, Quiet: true } }),
        ),
      );
      const [first] = Errors;
      if (!first) continue;
      const status = first.Code === "AccessDenied" ? 403 : 500;
      const error = Object.assign(new Error(), { name: first.Code, $metadata: { httpStatusCode: status } });
      throw asS3Error(error, "DeleteObjects", this.#where(path));
    }
  }

  removeEmptyFolders(): Promise<void> {
    return Promise.resolve(); // a folder is there as long as something is in it
  }

  async keepsDeleted(): Promise<boolean | undefined> {
    const asked = new GetBucketVersioningCommand({ Bucket: this.#bucket });
    try {
      // A bucket that has stopped keeping versions still has those from before.
      return (await this.#client.send(asked, this.#until)).Status !== undefined;
    } catch (error) {
      if (statusOf(error) === 403 || statusOf(error) === 501) return undefined;
      throw this.#told(error, "GetBucketVersioning", "");
    }
  }

  async unfinished(folder: string): Promise<readonly Unfinished[]> {
    const prefix = this.#key(`${folder}/`);
    const below = await this.#uploadsBelow(prefix, folder);
    if (below.length > 0 || !this.#client.config.forcePathStyle) return below;
    // MinIO knows uploads by their whole keys only, or all of a bucket; not everybody may ask for all.
    const all = await this.#uploadsBelow("", folder).catch((error: unknown) => {
      if (error instanceof StediError && error.code === "STEDI_NO_ACCESS") return [];
      throw error;
    });
    return all.filter(({ path }) => path.startsWith(`${folder}/`));
  }

  /** The uploads of this lake whose keys begin so. @param folder what an error names */
  async #uploadsBelow(prefix: string, folder: string): Promise<readonly Unfinished[]> {
    const found: Unfinished[] = [];
    let marker: { KeyMarker?: string | undefined; UploadIdMarker?: string | undefined } | undefined = {};
    while (marker) {
      const page = await this.#attempt("ListMultipartUploads", folder, () =>
        this.#client.send(
          new ListMultipartUploadsCommand({ Bucket: this.#bucket, Prefix: prefix, ...marker }),
          this.#until,
        ),
      );
      for (const { Key, UploadId, Initiated } of page.Uploads ?? []) {
        if (!Key!.startsWith(this.#root)) continue;
        const path = this.#pathOf(Key!);
        const discard = async (): Promise<void> => {
          const upload = { Bucket: this.#bucket, Key, UploadId };
          await this.#client.send(new AbortMultipartUploadCommand(upload)).catch((error: unknown) => {
            // It has ended meanwhile.
            if (statusOf(error) !== 404) throw asS3Error(error, "AbortMultipartUpload", this.#where(path));
          });
        };
        found.push({ path, begun: Initiated, discard });
      }
      marker = page.IsTruncated
        ? { KeyMarker: page.NextKeyMarker, UploadIdMarker: page.NextUploadIdMarker }
        : undefined;
    }
    return found;
  }

  /** The bytes of a piece, all of them, whatever breaks off in between. */
  async #fetch(piece: Piece, signal: AbortSignal): Promise<Uint8Array> {
    const { file, from, to } = piece;
    // What comes is small chunks: held as they are, the garbage collector goes through them again and again.
    const bytes = this.#pieces.take(to - from);
    let at = from;
    let failures = 0;
    let flips = 0;
    let progressAt = Date.now();
    let known: Checksum | undefined;
    for (;;) {
      try {
        const answer = await this.#ask(piece, at, signal);
        // What is read on from a byte comes without the checksum of the whole.
        if (at === 0 && to === file.size) known = checksumOf(answer);
        await this.#consume(answer, (chunk) => {
          if (at + chunk.length > to) throw this.#badAnswer(file, "more bytes came than there should be");
          bytes.set(chunk, at - from);
          at += chunk.length;
          progressAt = Date.now();
          failures = 0;
        });
        if (at < to) throw brokenOff("ESHORT");
      } catch (error) {
        signal.throwIfAborted();
        const told = asS3Error(error, "GetObject", this.#where(file.path));
        const isPassing = told instanceof StediError && told.code === "STEDI_UNAVAILABLE";
        if (!isPassing || error === told) throw told;
        // An answer may break off behind its last byte too; then there is nothing left to ask for.
        if (at < to || from === to) {
          const delay = backoff(failures++, this.#patience);
          if (Date.now() + delay - progressAt > this.#patience.retryForMs) throw told;
          await pause(delay, signal);
          continue;
        }
      }
      if (!known || known.value === digest(bytes, known.algorithm)) return bytes;
      if (++flips === mostFlips) throw this.#otherBytes(file);
      at = from;
    }
  }

  /** Asks for what is left of a piece, from a byte on. */
  async #ask({ file, to }: Piece, from: number, signal: AbortSignal): Promise<GetObjectCommandOutput> {
    const isWhole = from === 0 && to === file.size;
    const range = `${from}-${to - 1}`;
    let answer: GetObjectCommandOutput;
    try {
      answer = await this.#client.send(
        new GetObjectCommand({
          Bucket: this.#bucket,
          Key: this.#key(file.path),
          IfMatch: `"${file.version}"`,
          ...(!isWhole && { Range: `bytes=${range}` }),
        }),
        { abortSignal: signal },
      );
    } catch (error) {
      throw asS3Error(error, "GetObject", this.#where(file.path));
    }
    try {
      this.#check(answer, file, isWhole ? undefined : `bytes ${range}/${file.size}`);
      return answer;
    } catch (error) {
      (answer.Body as Readable).destroy();
      throw error;
    }
  }

  /** Gives the bytes of an answer to `take`, as they come. They may break off. */
  async #consume(answer: GetObjectCommandOutput, take: (chunk: Uint8Array) => void): Promise<void> {
    const body = answer.Body as Readable;
    // One timer for the whole body: it fires when for too long nothing has come.
    const watchdog = setTimeout(() => body.destroy(brokenOff("ESTALLED")), this.#patience.stallMs);
    // Of thousands of chunks, each costs several times as much where they are iterated over.
    body.on("data", (chunk: Uint8Array) => {
      watchdog.refresh();
      try {
        take(chunk);
      } catch (error) {
        body.destroy(error as Error);
      }
    });
    try {
      await finished(body);
    } finally {
      clearTimeout(watchdog);
      body.destroy();
    }
  }

  /** @param range what the answer has to be of; left out: the whole object */
  #check(answer: GetObjectCommandOutput, file: StoredFile, range: string | undefined): void {
    if (versionOf(answer.ETag) !== file.version) {
      throw this.#badAnswer(file, "another version came than was asked for");
    }
    if (answer.ContentRange !== range) throw this.#badAnswer(file, "other bytes came than were asked for");
  }

  #badAnswer(file: StoredFile, why: string): StediError {
    return new StediError("STEDI_REFUSED", {
      what: "the store answered with something else than was asked for",
      where: this.#where(file.path),
      why: `GetObject: ${why}`,
      next: "use a store that honours Range and If-Match, or copy the landing zone to a folder",
    });
  }

  #otherBytes(file: StoredFile): StediError {
    return new StediError("STEDI_CHECKSUM", {
      what: "what came of an object is not what is stored",
      where: this.#where(file.path),
      why: "its checksum is another, and stayed so when it was read again",
      next: "look after the network and proxies on the way to the store; if it stays so, copy the object there again",
    });
  }

  async *#objects(folder: string, until = this.#until): AsyncGenerator<StoredFile> {
    for await (const { Contents = [], EncodingType } of this.#pages(folder, undefined, until)) {
      for (const { Key, Size = 0, ETag } of Contents) {
        yield { path: this.#pathOf(decoded(Key!, EncodingType)), size: Size, version: versionOf(ETag) };
      }
    }
  }

  async *#pages(
    folder: string,
    delimiter?: string,
    until = this.#until,
  ): AsyncGenerator<ListObjectsV2CommandOutput> {
    let token: string | undefined;
    do {
      const page = await this.#page(
        { Prefix: this.#key(folder), Delimiter: delimiter, ContinuationToken: token },
        folder,
        until,
      );
      const next = page.IsTruncated ? page.NextContinuationToken : undefined;
      // A page of something else, such as of a sign-in on the way, would read like an empty listing.
      if (page.IsTruncated === undefined) throw this.#badListing(folder, "what came is no listing");
      if (page.IsTruncated && (next === undefined || next === token)) {
        throw this.#badListing(folder, "it said that there is more, and not how to go on");
      }
      yield page;
      token = next;
    } while (token !== undefined);
  }

  #badListing(folder: string, why: string): StediError {
    return new StediError("STEDI_REFUSED", {
      what: "the store broke a listing off",
      where: this.#where(folder),
      why: `ListObjectsV2: ${why}`,
      next: "run again; if it stays so, look after what stands between here and the store",
    });
  }

  #page(
    request: {
      Prefix: string;
      Delimiter?: string | undefined;
      MaxKeys?: number;
      ContinuationToken?: string | undefined;
    },
    folder: string,
    until = this.#until,
  ): Promise<ListObjectsV2CommandOutput> {
    return this.#attempt("ListObjectsV2", folder, () =>
      this.#client.send(
        // Keys may hold characters that XML cannot.
        new ListObjectsV2Command({ Bucket: this.#bucket, EncodingType: "url", ...request }),
        until,
      ),
    );
  }

  async #head(path: string): Promise<HeadObjectCommandOutput | undefined> {
    try {
      return await this.#client.send(
        new HeadObjectCommand({ Bucket: this.#bucket, Key: this.#key(path), ChecksumMode: "ENABLED" }),
        this.#until,
      );
    } catch (error) {
      if (statusOf(error) === 404) return undefined;
      throw this.#told(error, "HeadObject", path);
    }
  }

  /** What everything that is put has in common. */
  #object(
    path: string,
  ): Pick<PutObjectCommandInput, "Bucket" | "Key" | "ServerSideEncryption" | "SSEKMSKeyId"> {
    const { sse, sseKmsKeyId } = this.#options;
    return {
      Bucket: this.#bucket,
      Key: this.#key(path),
      ...(sse && { ServerSideEncryption: sse }),
      ...(sseKmsKeyId !== undefined && { SSEKMSKeyId: sseKmsKeyId }),
    };
  }

  get #until(): { abortSignal?: AbortSignal } {
    const { signal } = this.#options;
    return signal ? { abortSignal: signal } : {};
  }

  async #attempt<T>(operation: string, path: string, action: () => Promise<T>): Promise<T> {
    try {
      return await action();
    } catch (error) {
      throw this.#told(error, operation, path);
    }
  }

  #told(error: unknown, operation: string, path: string): unknown {
    const { signal } = this.#options;
    if (signal?.aborted) return signal.reason;
    return asS3Error(error, operation, this.#where(path));
  }

  #key(path: string): string {
    return this.#root + path;
  }

  #pathOf(key: string): string {
    return key.slice(this.#root.length);
  }

  #where(path: string): string {
    return path === "" ? this.uri : `${this.uri}/${path.replace(/\/$/, "")}`;
  }
}

/** What is known of the checksum of all of an object's bytes. One over the checksums of its parts does not help. */
function checksumOf(
  answer: GetObjectCommandOutput | HeadObjectCommandOutput | undefined,
): Checksum | undefined {
  if (!answer || (answer.ChecksumType ?? "FULL_OBJECT") !== "FULL_OBJECT") return undefined;
  const values = [
    ["crc32", answer.ChecksumCRC32],
    ["sha256", answer.ChecksumSHA256],
    ["sha1", answer.ChecksumSHA1],
    ["crc32c", answer.ChecksumCRC32C],
    ["crc64nvme", answer.ChecksumCRC64NVME],
  ] as const;
  for (const [algorithm, value] of values) {
    // A store that does not tell the type tells by a number behind it that there were parts.
    if (value !== undefined && !value.includes("-")) return { algorithm, value };
  }
  return undefined;
}

function digest(bytes: Uint8Array, algorithm: ChecksumAlgorithm): string {
  const hasher = createHasher(algorithm);
  hasher.update(bytes);
  return hasher.digest();
}

/** Memory for pieces of the usual size, used over and over again. */
class PieceMemory {
  readonly #free: Uint8Array[] = [];

  take(bytes: number): Uint8Array {
    return bytes === pieceBytes
      ? (this.#free.pop() ?? Buffer.allocUnsafeSlow(bytes))
      : Buffer.allocUnsafeSlow(bytes);
  }

  /** @param bytes that were taken, and that nobody reads any more */
  give(bytes: Uint8Array): void {
    if (bytes.length === pieceBytes && this.#free.length < requestsAtOnce) this.#free.push(bytes);
  }
}

function brokenOff(code: string): Error {
  return Object.assign(new Error(), { code });
}

function decoded(key: string, encoding: string | undefined): string {
  return encoding === "url" ? decodeURIComponent(key.replaceAll("+", " ")) : key;
}

function versionOf(etag: string | undefined): string {
  return (etag ?? "").replaceAll('"', "");
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      clearTimeout(timer);
      reject(signal.reason as Error);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", stop);
      resolve();
    }, ms);
    signal.addEventListener("abort", stop, { once: true });
  });
}
