// Reads the fields of one framed record, with stream-json as the tokeniser. The framer has checked the grammar
// on bytes before; here names and strings are decoded, numbers kept as they stand, and bad UTF-8 made visible.

import { isUtf8 } from "node:buffer";
import { getManyValues, isMany, none } from "stream-chain/defs.js";
// Not stream-json/parser.js, which brings the makers of Node's and the web's streams with it.
import { jsonParser, type Token } from "stream-json/core/parser.js";
import type { RawField, RawRecord } from "../transforms/contract.js";

/** Whole names, strings and numbers only: no tokens for their beginnings, pieces and ends. */
const packed = { packValues: true, streamValues: false };

/** @param bytes one JSON object, whole and valid but for its UTF-8 */
export function readJsonRecord(bytes: Uint8Array): RawRecord {
  const fields: RawField[] = [];
  const nested: RawField[] = [];
  let wellFormed = isUtf8(bytes);
  let depth = 0;
  let name = "";
  /** A value ends a field only directly below an object. */
  const inObject: boolean[] = [];

  const value = (kind: RawField["kind"], text: string): void => {
    if (inObject.at(-1) === true) (depth === 1 ? fields : nested).push({ name, kind, text });
  };
  for (const token of tokens(decode(bytes, wellFormed))) {
    switch (token.name) {
      case "startObject":
      case "startArray":
        if (depth > 0) value("other", "");
        depth++;
        inObject.push(token.name === "startObject");
        break;
      case "endObject":
      case "endArray":
        depth--;
        inObject.pop();
        break;
      case "keyValue":
        name = token.value;
        wellFormed &&= name.isWellFormed();
        break;
      case "stringValue":
        wellFormed &&= token.value.isWellFormed();
        value("string", token.value);
        break;
      case "numberValue":
        value("number", token.value);
        break;
      case "nullValue":
        value("null", "");
        break;
      case "trueValue":
      case "falseValue":
        value("other", "");
        break;
      default:
        // Pieces of values, which the options above leave out, and white space.
        break;
    }
  }
  return { fields, nested, wellFormed };
}

function* tokens(text: string): Iterable<Token> {
  const parser = jsonParser(packed);
  for (const input of [text, none] as const) {
    const output: unknown = parser(input as string);
    if (isMany(output)) yield* getManyValues<Token>(output as never);
    else if (output !== none) yield output as Token;
  }
}

const lossless = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Two low surrogates: whatever stands beside them, one of them stays without a partner. */
const badByte = "\udc00\udc00";

/**
 * Text of bytes that may not be UTF-8: each byte that belongs to no character becomes lone surrogates, so that the strings
 * which hold one, and only they, are not well-formed.
 */
function decode(bytes: Uint8Array, valid: boolean): string {
  if (valid) return lossless.decode(bytes);
  let text = "";
  let from = 0;
  while (from < bytes.length) {
    let to = from;
    while (to < bytes.length && bytes[to]! < 0x80) to++;
    text += lossless.decode(bytes.subarray(from, to));
    if (to === bytes.length) break;
    const length = characterLength(bytes, to);
    text += length === 0 ? badByte : lossless.decode(bytes.subarray(to, to + length));
    from = to + Math.max(1, length);
  }
  return text;
}

/** The length of the UTF-8 character at a byte that is not ASCII; 0 where there is none. */
function characterLength(bytes: Uint8Array, at: number): number {
  for (let length = 2; length <= 4; length++) {
    if (at + length <= bytes.length && isUtf8(bytes.subarray(at, at + length))) return length;
  }
  return 0;
}
