// Whose word a damaged customer snapshot may have been. It counts against sharing, so this looks for every
// e-mail address and serial number in it: in the fields of whole JSON, at any depth, and byte by byte in what is
// broken or garbage.

import { isGoodKey, isTime, type RawRecord } from "./contract.js";
import { keyOf } from "./keys.js";

/** The people (e-mail keys) and serial number keys that a damaged snapshot names, and the date of its "no". */
export interface Attribution {
  readonly people: ReadonlySet<string>;
  readonly serials: ReadonlySet<string>;
  /** Whether it may be the word of somebody who cannot be told. */
  readonly isUnknown: boolean;
  /** Epoch milliseconds, or `Infinity`: a "no" that nothing undoes. */
  readonly at: number;
  /** For each key whose own key is another one (a few in lower case are): a text of which it is the key. */
  readonly spellings?: ReadonlyMap<string, string>;
}

/**
 * Attribution of a damaged snapshot that is whole JSON. The record itself says when: a date inside of something in it may be
 * that of anything. And one whose own e-mail address cannot be read may be anybody's, whoever else stands in it.
 */
export function attributeRecord({ fields, nested }: RawRecord): Attribution {
  const people = new Set<string>();
  const serials = new Set<string>();
  const spellings = new Map<string, string>();
  let isUnknown = false;
  let dates = 0;
  let at = Infinity;
  for (const [index, field] of [...fields, ...nested].entries()) {
    const isOwn = index < fields.length;
    const isGood = field.kind === "string" && isGoodKey(field.text);
    switch (field.name.toLowerCase()) {
      case "email":
        if (isGood) addKey(people, spellings, field.text);
        else if (isOwn) isUnknown = true;
        break;
      case "serialnumber":
        if (isGood) addKey(serials, spellings, field.text);
        break;
      case "lastupdatedate":
        dates++;
        if (isOwn && field.kind === "number" && isTime(field.text)) at = Number(field.text);
    }
  }
  return {
    people,
    serials,
    isUnknown: isUnknown || people.size === 0,
    at: dates === 1 ? at : Infinity,
    ...(spellings.size > 0 && { spellings }),
  };
}

function addKey(keys: Set<string>, spellings: Map<string, string>, text: string): void {
  const key = keyOf(text);
  keys.add(key);
  if (keyOf(key) !== key) spellings.set(key, spellings.get(key) ?? text);
}

const quote = 0x22;
const backslash = 0x5c;
const colon = 0x3a;

/** "serialNumber" with every character written as a `\u` escape. */
const longestName = 12 * 6;
/** No record is larger, so no reading could carry a longer e-mail address. */
const longestValue = 16 * 1024 * 1024;

type Target = "people" | "serials";
type Phase = "anywhere" | "after-name" | "after-colon" | "in-value";

/**
 * Attribution of what is broken or garbage. Fed the bytes of stretches, in pieces cut anywhere, it finds every
 * quoted `email` or `serialNumber` (any case, escaped or not), a colon, and what stands up to the next quotation mark:
 * starting at every quotation mark, since in broken text nobody knows which of them open a string. Where a stretch
 * follows another one it goes on, as a `{` in a value may be what has cut them. Memory is bounded by the longest value and
 * by what is found.
 */
export class AttributionFinder {
  #people = new Set<string>();
  #serials = new Set<string>();
  #spellings = new Map<string, string>();
  #phase: Phase = "anywhere";
  #target: Target = "people";
  /** The bytes since the last quotation mark, as far as they may be a name; -1: too many, or no quotation mark yet. */
  #nameLength = -1;
  readonly #name = new Uint8Array(longestName);
  #value = new Uint8Array(256);
  #valueLength = 0;
  /** Whether an odd number of backslashes stands directly before the next byte. */
  #escaped = false;

  /** @param begins whether something else stands before: what is open does not go on there */
  feed(bytes: Uint8Array, begins: boolean): void {
    if (begins) {
      this.#phase = "anywhere";
      this.#nameLength = -1;
      this.#escaped = false;
    }
    for (const byte of bytes) {
      if (byte === quote) this.#atQuote();
      else this.#atOther(byte);
    }
  }

  /** What was found since the last call. */
  take(): Attribution {
    const found = {
      people: this.#people,
      serials: this.#serials,
      isUnknown: this.#people.size === 0,
      at: Infinity,
      ...(this.#spellings.size > 0 && { spellings: this.#spellings }),
    };
    this.#people = new Set();
    this.#serials = new Set();
    this.#spellings = new Map();
    return found;
  }

  #atQuote(): void {
    if (this.#phase === "in-value") {
      if (this.#escaped) this.#keep(quote);
      else this.#endValue();
    } else if (this.#phase === "after-colon") {
      this.#phase = "in-value";
      this.#valueLength = 0;
    } else {
      this.#phase = "anywhere";
    }
    // This mark may end a name, unless it is escaped; one that ends a name also ended a value that was open.
    if (!this.#escaped && this.#nameLength > 0) {
      const target = this.#named();
      if (target) {
        this.#phase = "after-name";
        this.#target = target;
      }
    }
    this.#nameLength = 0;
    this.#escaped = false;
  }

  #atOther(byte: number): void {
    if (this.#nameLength >= 0) {
      if (this.#nameLength < longestName) this.#name[this.#nameLength++] = byte;
      else this.#nameLength = -1;
    }
    if (this.#phase === "in-value") {
      this.#keep(byte);
    } else if (this.#phase !== "anywhere") {
      const space = byte === 0x20 || byte === 0x09 || byte === 0x0a || byte === 0x0d;
      if (this.#phase === "after-name" && byte === colon) this.#phase = "after-colon";
      else if (!space) this.#phase = "anywhere";
    }
    this.#escaped = byte === backslash && !this.#escaped;
  }

  #keep(byte: number): void {
    if (this.#valueLength === longestValue) {
      this.#phase = "anywhere";
      return;
    }
    if (this.#valueLength === this.#value.length) {
      const larger = new Uint8Array(this.#value.length * 2);
      larger.set(this.#value);
      this.#value = larger;
    }
    this.#value[this.#valueLength++] = byte;
  }

  #named(): Target | undefined {
    const name = textOf(this.#name.subarray(0, this.#nameLength))?.toLowerCase();
    if (name === "email") return "people";
    return name === "serialnumber" ? "serials" : undefined;
  }

  #endValue(): void {
    this.#phase = "anywhere";
    const text = textOf(this.#value.subarray(0, this.#valueLength));
    if (text === undefined || !isGoodKey(text)) return;
    addKey(this.#target === "people" ? this.#people : this.#serials, this.#spellings, text);
  }
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * The text of a string, given the bytes between its quotation marks, which need not keep to JSON: a control character and
 * what follows a backslash that means nothing stand for themselves. Nothing where it is not UTF-8.
 */
function textOf(bytes: Uint8Array): string | undefined {
  let text: string;
  try {
    text = utf8.decode(bytes);
  } catch {
    return undefined;
  }
  return text.replace(/\\(?:u([0-9a-fA-F]{4})|([^]))/g, (_, code: string | undefined, letter: string) =>
    code === undefined ? (escapes.get(letter) ?? letter) : String.fromCharCode(parseInt(code, 16)),
  );
}

const escapes = new Map([
  ["b", "\b"],
  ["f", "\f"],
  ["n", "\n"],
  ["r", "\r"],
  ["t", "\t"],
]);
