// How e-mail addresses and serial numbers are compared: by their key. They are written out as they came.

function isEdge(code: number): boolean {
  return code === 0x20 || code === 0x09 || code === 0x0d || code === 0x0a;
}

/** The text without leading and trailing space, tab, CR and LF (not `trim()`: that takes NBSP and BOM too). */
function withoutEdges(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isEdge(text.charCodeAt(start))) start++;
  while (end > start && isEdge(text.charCodeAt(end - 1))) end--;
  return start === 0 && end === text.length ? text : text.slice(start, end);
}

/** The key of an e-mail address or serial number: NFC, edges off, lower case. */
export function keyOf(text: string): string {
  return isOwnKey(text) ? text : keyInFull(text);
}

/** Most keys are ASCII without capitals: these are their own keys. */
function isOwnKey(text: string): boolean {
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code <= 0x20 || code > 0x7e || (code >= 0x41 && code <= 0x5a)) return false;
  }
  return true;
}

function keyInFull(text: string): string {
  return withoutEdges(text.normalize("NFC")).toLowerCase();
}

/** Whether there is something in a text besides space, tab, CR and LF. */
export function hasContent(text: string): boolean {
  for (let index = 0; index < text.length; index++) {
    if (!isEdge(text.charCodeAt(index))) return true;
  }
  return false;
}

/** One key for several: no two different lists give the same text. */
export function compositeKey(keys: readonly string[]): string {
  if (keys.length === 1) return keys[0]!;
  let text = "";
  for (const key of keys) text += `${key.length}:${key}`;
  return text;
}

/** Compares two well-formed texts as their UTF-8 bytes compare; negative, 0 or positive. */
export function compareUtf8(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let index = 0; index < length; index++) {
    const left = a.charCodeAt(index);
    const right = b.charCodeAt(index);
    if (left !== right) return utf8Rank(left) - utf8Rank(right);
  }
  return a.length - b.length;
}

/** UTF-16 puts surrogates (code points from U+10000) before U+E000 to U+FFFF, UTF-8 after them. */
function utf8Rank(unit: number): number {
  if (unit >= 0xe000) return unit - 0x800;
  return unit >= 0xd800 ? unit + 0x2000 : unit;
}
