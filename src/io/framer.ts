// Finds the records in a landing file: bytes in, in chunks cut anywhere; whole JSON objects and set-aside
// stretches out, with their offsets. It checks JSON byte by byte against the strict grammar, since where a record
// ends, and where reading goes on after a broken one, depends on it; what the fields say is read elsewhere.
//
// docs/semantics.md, "Finding the records in a file", says in words what this does.

/** The largest record, in bytes. */
export const maxRecordBytes = 16 * 1024 * 1024;

/** The deepest nesting of objects and arrays, the record itself counted as 1. */
export const maxDepth = 64;

/** Why a stretch of bytes holds no whole record. Garbage between records is `syntax`. */
export type BrokenReason = "truncated" | "syntax" | "too_large" | "too_deep";

/** A whole JSON object. The bytes are good until the framer is used again. */
export interface FramedRecord {
  readonly kind: "record";
  readonly offset: number;
  readonly bytes: Uint8Array;
}

/** A stretch that is set aside: a broken record or garbage, and the garbage that follows. */
export interface FramedStretch {
  readonly kind: "stretch";
  readonly offset: number;
  readonly length: number;
  readonly reason: BrokenReason;
}

export type Framed = FramedRecord | FramedStretch;

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
  readonly #json = new JsonChecker();

  /** The bytes not yet dealt with are `#buffer` from `#position` to `#limit`. */
  #buffer: Uint8Array = new Uint8Array(0);
  #position = 0;
  #limit = 0;
  /** Where in the file `#buffer[0]` stands. */
  #base = 0;
  #owned = false;
  #ended = false;

  #place: Place = "start";
  /** How far the record that starts at `#position` has been checked. */
  #checked = 0;
  /** Whether separators of an array count as white space; known at the file's first byte that is none. */
  #inArray: boolean | undefined;
  /** Whether the last skipped byte of something broken was `}`, so that a `{` would start the next record. */
  #afterBrace = false;
  #stretch: { offset: number; end: number; reason: BrokenReason } | undefined;

  /** @param skipped is given the bytes of each stretch, in order, in pieces, before `next` returns the stretch */
  constructor(skipped: (bytes: Uint8Array) => void) {
    this.#skipped = skipped;
  }

  /** Takes in the next bytes of the file. The framer keeps the chunk: its bytes must not change. */
  feed(chunk: Uint8Array): void {
    const left = this.#limit - this.#position;
    if (left === 0) {
      this.#base += this.#limit;
      this.#buffer = chunk;
      this.#owned = false;
      this.#position = 0;
      this.#limit = chunk.length;
    } else if (this.#owned && this.#limit + chunk.length <= this.#buffer.length) {
      this.#buffer.set(chunk, this.#limit);
      this.#limit += chunk.length;
    } else {
      // Doubling what is left keeps the copying of a large record linear in its length.
      const larger = new Uint8Array(Math.max(2 * left, left + chunk.length));
      larger.set(this.#buffer.subarray(this.#position, this.#limit));
      larger.set(chunk, left);
      this.#base += this.#position;
      this.#checked -= this.#position;
      this.#buffer = larger;
      this.#owned = true;
      this.#position = 0;
      this.#limit = left + chunk.length;
    }
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
    const end = this.#json.check(this.#buffer, this.#checked, allowed);
    if (end > 0) {
      const offset = this.#base + this.#position;
      const bytes = this.#buffer.subarray(this.#position, end);
      this.#position = end;
      this.#place = "between";
      return { kind: "record", offset, bytes };
    }
    this.#checked = allowed;
    if (this.#json.failed) this.#openStretch(this.#json.failed);
    else if (allowed < this.#limit) this.#openStretch("too_large");
    else if (this.#ended) this.#openStretch("truncated");
    else return undefined;
    return "broken";
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

function isHex(byte: number): boolean {
  return isDigit(byte) || (byte >= 0x41 && byte <= 0x46) || (byte >= 0x61 && byte <= 0x66);
}

/** The bytes after a backslash, besides `u`: " \ / b f n r t */
function isSimpleEscape(byte: number): boolean {
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
