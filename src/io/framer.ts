// Finds the records in a landing file: bytes in, in chunks cut anywhere; whole JSON objects and set-aside
// stretches out, with their offsets. It checks JSON byte by byte against the strict grammar, since where a record
// ends, and where reading goes on after a broken one, depends on it; what the fields say is read elsewhere.
//
// docs/semantics.md, "Finding the records in a file", says in words what this does.

import type { KeyMemory, PlainBatch, Template, TemplateBatch, TemplatePass } from "./template.js";

/** The largest record, in bytes. */
export const maxRecordBytes = 16 * 1024 * 1024;

/** The deepest nesting of objects and arrays, the record itself counted as 1. */
export const maxDepth = 64;

/** Why a stretch of bytes holds no whole record. Garbage between records is `syntax`. */
export type BrokenReason = "truncated" | "syntax" | "too_large" | "too_deep";

/** A whole JSON object: `framer.bytes` from `start` to `end`. */
export interface FramedRecord {
  readonly kind: "record";
  readonly start: number;
  readonly end: number;
  /** Whether the short way has read it already. */
  readonly read: boolean;
}

/**
 * The short way to read a record that starts at `start` and ends before `limit`.
 * @returns the position after its last byte; 0 where the full way has to decide
 */
export type ShortWay = (bytes: Buffer, view: DataView, start: number, limit: number) => number;

/** A stretch that is set aside: a broken record or garbage, and the garbage that follows. */
export interface FramedStretch {
  readonly kind: "stretch";
  readonly offset: number;
  readonly length: number;
  readonly reason: BrokenReason;
}

export type Framed = FramedRecord | FramedStretch;

/** What a framer knows between two blocks of a file, so that another one can go on. */
export interface FramerState {
  readonly place: Place;
  readonly inArray: boolean | undefined;
  readonly afterBrace: boolean;
  /** With places in the file. */
  readonly stretch: { offset: number; end: number; reason: BrokenReason } | undefined;
  /** The bytes of the file that have not been dealt with: the start of a record. */
  readonly left: Uint8Array;
  /** Where in the file these stand, or would. */
  readonly offset: number;
}

/** The state where a record may start, nothing is left over and the file is no array. */
export function clearState(offset: number): FramerState {
  return {
    place: "between",
    inArray: false,
    afterBrace: false,
    stretch: undefined,
    left: new Uint8Array(0),
    offset,
  };
}

const newline = 0x0a;
const openBrace = 0x7b;
const closeBrace = 0x7d;
const openBracket = 0x5b;
const closeBracket = 0x5d;
const comma = 0x2c;
const quote = 0x22;
const byteOrderMark = [0xef, 0xbb, 0xbf] as const;

type Place = "start" | "between" | "record" | "broken" | "garbage";

/**
 * A pull parser: `feed` bytes, then call `next` until it gives nothing; after the last bytes, `end`, and `next` again.
 * Holds at most one record (16 MiB) and a chunk.
 */
export class Framer {
  readonly #skipped: (bytes: Uint8Array) => void;
  readonly #shortWay: ShortWay;
  readonly #json = new JsonChecker();

  /** The bytes not yet dealt with are `#buffer` from `#position` to `#limit`. */
  #buffer: Buffer = Buffer.alloc(0);
  #view: DataView = new DataView(new ArrayBuffer(0));
  #position = 0;
  #limit = 0;
  /** Where in the file `#buffer[0]` stands. */
  #base = 0;
  #owned = false;
  #ended = false;

  quickStart = 0;

  #place: Place = "start";
  /** How far the record that starts at `#position` has been checked. */
  #checked = 0;
  /** Whether separators of an array count as white space; known at the file's first byte that is none. */
  #inArray: boolean | undefined;
  /** Whether the last skipped byte of something broken was `}`, so that a `{` would start the next record. */
  #afterBrace = false;
  #stretch: { offset: number; end: number; reason: BrokenReason } | undefined;

  /**
   * @param skipped is given the bytes of each stretch, in order, in pieces, before `next` returns the stretch
   * @param shortWay is asked first for every record
   * @param state that of the framer before; left out: at the start of a file
   */
  constructor(skipped: (bytes: Uint8Array) => void, shortWay: ShortWay = () => 0, state?: FramerState) {
    this.#skipped = skipped;
    this.#shortWay = shortWay;
    if (!state) return;
    this.#place = state.place;
    this.#inArray = state.inArray;
    this.#afterBrace = state.afterBrace;
    this.#stretch = state.stretch && { ...state.stretch };
    this.#base = state.offset;
    if (state.left.length > 0) this.feed(state.left);
  }

  /** Takes in the next bytes of the file. The framer keeps the chunk: its bytes must not change. */
  feed(chunk: Uint8Array): void {
    const left = this.#limit - this.#position;
    if (left === 0) {
      this.#base += this.#limit;
      this.#use(asBuffer(chunk));
      this.#owned = false;
      this.#position = 0;
      this.#limit = chunk.length;
    } else if (this.#owned && this.#limit + chunk.length <= this.#buffer.length) {
      this.#buffer.set(chunk, this.#limit);
      this.#limit += chunk.length;
    } else {
      // Doubling what is left keeps the copying of a large record linear in its length.
      const larger = Buffer.allocUnsafeSlow(Math.max(2 * left, left + chunk.length));
      larger.set(this.#buffer.subarray(this.#position, this.#limit));
      larger.set(chunk, left);
      this.#base += this.#position;
      this.#checked -= this.#position;
      this.#use(larger);
      this.#owned = true;
      this.#position = 0;
      this.#limit = left + chunk.length;
    }
  }

  #use(buffer: Buffer): void {
    this.#buffer = buffer;
    this.#view = new DataView(buffer.buffer, buffer.byteOffset, buffer.length);
  }

  /** What the next framer has to know to go on where this one has stopped. */
  get state(): FramerState {
    return {
      // A record's start is checked again from its first byte.
      place: this.#place === "record" ? "between" : this.#place,
      inArray: this.#inArray,
      afterBrace: this.#afterBrace,
      stretch: this.#stretch,
      left: this.#buffer.subarray(this.#position, this.#limit),
      offset: this.#base + this.#position,
    };
  }

  /** The bytes that records stand in, until the next `feed`. */
  get bytes(): Buffer {
    return this.#buffer;
  }

  /** Over these. */
  get view(): DataView {
    return this.#view;
  }

  /** Where in the file `bytes` starts. */
  get base(): number {
    return this.#base;
  }

  /**
   * The quick way round `next`: reads the next record if it is of a template's shape and nothing but newlines stands
   * before it.
   * @returns where it ends in `bytes`, 0 where `next` is to be asked; where it starts is in `quickStart`
   */
  quick(template: Template, from: Int32Array, to: Int32Array, key: KeyMemory): number {
    if (!this.#isPlain()) return 0;
    const buffer = this.#buffer;
    const limit = this.#limit;
    let position = this.#position;
    while (position < limit && buffer[position] === newline) position++;
    const allowed = limit - position > maxRecordBytes ? position + maxRecordBytes : limit;
    const end = template.scan(buffer, this.#view, position, allowed, from, to, key);
    this.#position = end > 0 ? end : position;
    this.quickStart = position;
    return end;
  }

  /** Passes records right behind one that a template of the same shape has read. @returns how many */
  pass(pass: TemplatePass, key: KeyMemory): number {
    if (!this.#isPlain()) return 0;
    const count = pass(this.#buffer, this.#view, this.#position, this.#limitOfRecords(), key);
    if (count > 0) this.#position = key.end;
    return count;
  }

  /** The same, and says where they stand. */
  batch(read: TemplateBatch, key: KeyMemory, batch: PlainBatch): number {
    if (!this.#isPlain()) return 0;
    const count = read(this.#buffer, this.#view, this.#position, this.#limitOfRecords(), key, batch);
    if (count > 0) this.#position = key.end;
    return count;
  }

  /** Whether a record may start here, as far as what came before is concerned. */
  #isPlain(): boolean {
    return this.#place === "between" && this.#inArray === false && this.#stretch === undefined;
  }

  /** None of some records can be larger than all of them. */
  #limitOfRecords(): number {
    return Math.min(this.#limit, this.#position + maxRecordBytes);
  }

  /** Whether nothing that came before has a part in what is fed next: it is as at the start of a file, or between records. */
  get isClear(): boolean {
    if (this.#position < this.#limit) return false;
    return this.#place === "start" || this.#isPlain();
  }

  /** Goes over whole records, up to a place in `bytes`: another framer, with a clear state, has found them. */
  passTo(position: number): void {
    this.#place = "between";
    this.#inArray = false;
    this.#position = position;
  }

  /** Says that there are no more bytes. */
  end(): void {
    this.#ended = true;
  }

  /** The next record or stretch; nothing when more bytes are needed, or at the end. */
  next(): Framed | undefined {
    for (;;) {
      switch (this.#place) {
        case "start":
          if (!this.#passByteOrderMark()) return undefined;
          this.#place = "between";
          break;
        case "between": {
          this.#passSpace();
          if (this.#position === this.#limit) return this.#ended ? this.#closeStretch() : undefined;
          if (this.#buffer[this.#position] !== openBrace) {
            this.#openStretch("syntax");
            this.#place = "garbage";
            break;
          }
          const before = this.#closeStretch();
          this.#json.reset();
          this.#checked = this.#position;
          this.#place = "record";
          if (before) return before;
          break;
        }
        case "record": {
          const record = this.#checkRecord();
          if (record !== "broken") return record;
          this.#place = "broken";
          this.#afterBrace = false;
          break;
        }
        case "broken":
          if (!this.#skip(this.#endOfBroken())) return undefined;
          break;
        case "garbage":
          if (!this.#skip(this.#endOfGarbage())) return undefined;
          break;
      }
    }
  }

  /** False where more bytes are needed to tell. */
  #passByteOrderMark(): boolean {
    for (const [index, byte] of byteOrderMark.entries()) {
      if (this.#position + index === this.#limit) return this.#ended;
      if (this.#buffer[this.#position + index] !== byte) return true;
    }
    this.#position += byteOrderMark.length;
    return true;
  }

  /** Passes white space and, in an array, separators; they belong to a stretch only if more of it follows. */
  #passSpace(): void {
    const from = this.#position;
    const buffer = this.#buffer;
    let position = from;
    for (; position < this.#limit; position++) {
      const byte = buffer[position]!;
      if (byte === newline || byte === 0x20 || byte === 0x0d || byte === 0x09) continue;
      this.#inArray ??= byte === openBracket;
      if (this.#inArray && (byte === comma || byte === openBracket || byte === closeBracket)) continue;
      break;
    }
    this.#position = position;
    if (this.#stretch && position > from) this.#skipped(buffer.subarray(from, position));
  }

  #checkRecord(): FramedRecord | "broken" | undefined {
    const allowed = Math.min(this.#limit, this.#position + maxRecordBytes);
    if (this.#checked === this.#position) {
      const end = this.#shortWay(this.#buffer, this.#view, this.#position, allowed);
      if (end > 0) return this.#endRecord(end, true);
    }
    const end = this.#json.check(this.#buffer, this.#checked, allowed);
    if (end > 0) return this.#endRecord(end, false);
    this.#checked = allowed;
    if (this.#json.failed) this.#openStretch(this.#json.failed);
    else if (allowed < this.#limit) this.#openStretch("too_large");
    else if (this.#ended) this.#openStretch("truncated");
    else return undefined;
    return "broken";
  }

  #endRecord(end: number, read: boolean): FramedRecord {
    const start = this.#position;
    this.#position = end;
    this.#place = "between";
    return { kind: "record", start, end, read };
  }

  /** The end of what is skipped of a broken record, as far as the bytes go; -1 where it is not among them. */
  #endOfBroken(): number {
    const buffer = this.#buffer;
    let afterBrace = this.#afterBrace;
    for (let position = this.#position; position < this.#limit; position++) {
      const byte = buffer[position]!;
      if (byte === newline) return position + 1;
      if (byte === openBrace && afterBrace) return position;
      afterBrace = byte === closeBrace;
    }
    this.#afterBrace = afterBrace;
    return -1;
  }

  #endOfGarbage(): number {
    const buffer = this.#buffer;
    for (let position = this.#position; position < this.#limit; position++) {
      const byte = buffer[position]!;
      if (byte === openBrace) return position;
      if (byte === newline) return position + 1;
    }
    return -1;
  }

  /** Skips to `end`, or everything that is there where that is -1; false where more bytes are needed. */
  #skip(end: number): boolean {
    const to = end < 0 ? this.#limit : end;
    if (to > this.#position) this.#skipped(this.#buffer.subarray(this.#position, to));
    this.#position = to;
    if (end < 0 && !this.#ended) return false;
    this.#stretch!.end = this.#base + to;
    this.#place = "between";
    return true;
  }

  #openStretch(reason: BrokenReason): void {
    const offset = this.#base + this.#position;
    this.#stretch ??= { offset, end: offset, reason };
  }

  #closeStretch(): FramedStretch | undefined {
    if (!this.#stretch) return undefined;
    const { offset, end, reason } = this.#stretch;
    this.#stretch = undefined;
    return { kind: "stretch", offset, length: end - offset, reason };
  }
}

// What the JSON grammar allows next. Numbers, not names: this is the innermost loop of reading.
const atValue = 0;
const atFirstKey = 1;
const atKey = 2;
const atColon = 3;
const afterValue = 4;
const atFirstElement = 5;
const inString = 6;
const inEscape = 7;
const inHex = 8;
const inLiteral = 9;
const numberMinus = 10;
const numberZero = 11;
const numberInteger = 12;
const numberPoint = 13;
const numberFraction = 14;
const numberE = 15;
const numberSign = 16;
const numberExponent = 17;

const literals = ["true", "false", "null"].map((text) => new TextEncoder().encode(text));

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39;
}

/** Checks one JSON object against the strict grammar (RFC 8259), resumable at every byte. UTF-8 is not its matter. */
class JsonChecker {
  /** Why the bytes so far cannot be the start of a JSON object. */
  failed: "syntax" | "too_deep" | undefined;
  #state = atValue;
  #depth = 0;
  /** 1 where the container at a depth is an array. */
  readonly #arrays = new Uint8Array(maxDepth + 1);
  #inKey = false;
  #literal = literals[0]!;
  /** Characters of the literal, or of a `\u` escape, that are still to come. */
  #pending = 0;

  reset(): void {
    this.failed = undefined;
    this.#state = atValue;
    this.#depth = 0;
  }

  /**
   * Goes on with the bytes from `from` to `to`.
   * @returns the position after the object's last byte; 0 if that is not reached, or `failed` is set
   */
  check(bytes: Uint8Array, from: number, to: number): number {
    let state = this.#state;
    let position = from;
    while (position < to) {
      const byte = bytes[position]!;
      if (state === inString) {
        if (byte === quote) {
          state = this.#inKey ? atColon : afterValue;
        } else if (byte === 0x5c) {
          state = inEscape;
        } else if (byte < 0x20) {
          return this.#fail("syntax");
        }
        position++;
        continue;
      }
      if (state >= numberMinus) {
        const next = numberStep(state, byte);
        if (next >= 0) {
          state = next;
          position++;
          continue;
        }
        if (next === numberBad) return this.#fail("syntax");
        state = afterValue;
        continue; // the byte after a number is looked at again
      }
      if (state === inLiteral) {
        if (byte !== this.#literal[this.#literal.length - this.#pending]) return this.#fail("syntax");
        if (--this.#pending === 0) state = afterValue;
        position++;
        continue;
      }
      if (state === inEscape) {
        if (byte === 0x75) {
          state = inHex;
          this.#pending = 4;
        } else if (isSimpleEscape(byte)) {
          state = inString;
        } else {
          return this.#fail("syntax");
        }
        position++;
        continue;
      }
      if (state === inHex) {
        if (!isHex(byte)) return this.#fail("syntax");
        if (--this.#pending === 0) state = inString;
        position++;
        continue;
      }
      position++;
      if (byte === 0x20 || byte === newline || byte === 0x0d || byte === 0x09) continue;
      switch (state) {
        case atFirstElement:
          if (byte === closeBracket) {
            state = afterValue;
            this.#depth--;
            break;
          }
          state = this.#startValue(byte);
          break;
        case atValue:
          state = this.#startValue(byte);
          break;
        case atFirstKey:
        case atKey:
          if (byte === quote) {
            this.#inKey = true;
            state = inString;
          } else if (byte === closeBrace && state === atFirstKey) {
            if (--this.#depth === 0) return position;
            state = afterValue;
          } else {
            return this.#fail("syntax");
          }
          break;
        case atColon:
          if (byte !== 0x3a) return this.#fail("syntax");
          state = atValue;
          break;
        default: {
          // after a value
          const array = this.#arrays[this.#depth] === 1;
          if (byte === comma) {
            state = array ? atValue : atKey;
          } else if (byte === (array ? closeBracket : closeBrace)) {
            if (--this.#depth === 0) return position;
          } else {
            return this.#fail("syntax");
          }
        }
      }
      if (state < 0) return 0;
    }
    this.#state = state;
    return 0;
  }

  /** The state after the first byte of a value; -1 where it cannot start one. */
  #startValue(byte: number): number {
    switch (byte) {
      case quote:
        this.#inKey = false;
        return inString;
      case openBrace:
      case openBracket:
        if (this.#depth === maxDepth) {
          this.failed = "too_deep";
          return -1;
        }
        this.#arrays[++this.#depth] = byte === openBracket ? 1 : 0;
        return byte === openBracket ? atFirstElement : atFirstKey;
      case 0x2d:
        return numberMinus;
      case 0x30:
        return numberZero;
      case 0x74:
      case 0x66:
      case 0x6e:
        this.#literal = literals[byte === 0x74 ? 0 : byte === 0x66 ? 1 : 2]!;
        this.#pending = this.#literal.length - 1;
        return inLiteral;
      default:
        if (isDigit(byte)) return numberInteger;
        this.failed = "syntax";
        return -1;
    }
  }

  #fail(reason: "syntax" | "too_deep"): number {
    this.failed = reason;
    return 0;
  }
}

function asBuffer(chunk: Uint8Array): Buffer {
  return Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
}

/** The number ended before this byte. */
const numberDone = -1;
/** This byte cannot stand here in a number. */
const numberBad = -2;

function numberStep(state: number, byte: number): number {
  const digit = isDigit(byte);
  switch (state) {
    case numberMinus:
      if (!digit) return numberBad;
      return byte === 0x30 ? numberZero : numberInteger;
    case numberZero:
    case numberInteger:
      if (digit) return state === numberZero ? numberBad : numberInteger;
      if (byte === 0x2e) return numberPoint;
      return byte === 0x65 || byte === 0x45 ? numberE : numberDone;
    case numberPoint:
      return digit ? numberFraction : numberBad;
    case numberFraction:
      if (digit) return numberFraction;
      return byte === 0x65 || byte === 0x45 ? numberE : numberDone;
    case numberE:
      if (byte === 0x2b || byte === 0x2d) return numberSign;
      return digit ? numberExponent : numberBad;
    case numberSign:
      return digit ? numberExponent : numberBad;
    default:
      return digit ? numberExponent : numberDone;
  }
}

/** A hexadecimal digit. */
export function isHex(byte: number): boolean {
  return isDigit(byte) || (byte >= 0x41 && byte <= 0x46) || (byte >= 0x61 && byte <= 0x66);
}

/** The bytes after a backslash, besides `u`: " \ / b f n r t */
export function isSimpleEscape(byte: number): boolean {
  return (
    byte === quote ||
    byte === 0x5c ||
    byte === 0x2f ||
    byte === 0x62 ||
    byte === 0x66 ||
    byte === 0x6e ||
    byte === 0x72 ||
    byte === 0x74
  );
}
