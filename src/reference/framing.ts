// Finds the records in the bytes of a file. Files hold one object a line, objects back to back, objects over
// several lines, a JSON array, or a mix of these, and may be cut off or hold rubbish anywhere; so nothing is
// assumed about lines, and each record is read from its `{` as far as its JSON goes.

import { isWhiteSpace, readRecord, type BrokenReason, type JsonObject } from "./json.js";

export interface WholeEntry {
  readonly kind: "whole";
  readonly offset: number;
  readonly length: number;
  readonly value: JsonObject;
}

/** Something broken, or garbage, together with all the garbage right after it. */
export interface StretchEntry {
  readonly kind: "stretch";
  readonly offset: number;
  readonly length: number;
  readonly reason: BrokenReason;
}

export type Entry = WholeEntry | StretchEntry;

const NEWLINE = 0x0a;
const OPEN = "{".charCodeAt(0);
const CLOSE = "}".charCodeAt(0);
const ARRAY_OPEN = "[".charCodeAt(0);
const ARRAY_CLOSE = "]".charCodeAt(0);
const COMMA = ",".charCodeAt(0);

export function frame(bytes: Uint8Array): Entry[] {
  const entries: Entry[] = [];
  let position = hasByteOrderMark(bytes) ? 3 : 0;
  const inArray = startsArray(bytes, position);

  /** Where the next record or piece of garbage begins; the end of the input if there is none. */
  const next = (from: number): number => {
    let at = from;
    while (at < bytes.length && (isWhiteSpace(bytes[at]) || (inArray && isSeparator(bytes[at])))) at += 1;
    return at;
  };

  for (position = next(position); position < bytes.length; position = next(position)) {
    const offset = position;
    let reason: BrokenReason = "syntax";
    if (bytes[offset] === OPEN) {
      const outcome = readRecord(bytes, offset);
      if (outcome.whole) {
        entries.push({ kind: "whole", offset, length: outcome.end - offset, value: outcome.value });
        position = outcome.end;
        continue;
      }
      reason = outcome.reason;
      position = afterBroken(bytes, offset);
    } else {
      position = afterGarbage(bytes, offset);
    }
    // Garbage right after belongs to the same stretch, whatever white space lies in between.
    for (let at = next(position); at < bytes.length && bytes[at] !== OPEN; at = next(position)) {
      position = afterGarbage(bytes, at);
    }
    entries.push({ kind: "stretch", offset, length: position - offset, reason });
  }
  return entries;
}

function hasByteOrderMark(bytes: Uint8Array): boolean {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
}

function startsArray(bytes: Uint8Array, from: number): boolean {
  let at = from;
  while (isWhiteSpace(bytes[at])) at += 1;
  return bytes[at] === ARRAY_OPEN;
}

function isSeparator(byte: number | undefined): boolean {
  return byte === ARRAY_OPEN || byte === COMMA || byte === ARRAY_CLOSE;
}

/**
 * From the first byte of a broken record, not from where the error showed: a line that was cut off after a
 * comma must not take the next line with it.
 */
function afterBroken(bytes: Uint8Array, start: number): number {
  for (let at = start; at < bytes.length; at += 1) {
    if (bytes[at] === NEWLINE) return at + 1;
    if (bytes[at] === CLOSE && bytes[at + 1] === OPEN) return at + 1;
  }
  return bytes.length;
}

function afterGarbage(bytes: Uint8Array, start: number): number {
  for (let at = start; at < bytes.length; at += 1) {
    if (bytes[at] === OPEN) return at;
    if (bytes[at] === NEWLINE) return at + 1;
  }
  return bytes.length;
}
