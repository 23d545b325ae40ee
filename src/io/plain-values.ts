// Which values the short ways of reading a record take without a closer look.

/** A string byte that stands for itself: ASCII without control characters, quotation mark and backslash. */
export const isPlain = new Uint8Array(256);
for (let byte = 0x20; byte < 0x7f; byte++) isPlain[byte] = byte === 0x22 || byte === 0x5c ? 0 : 1;

/** No decimal literal of so few characters, without an exponent, overflows a double. */
export const safeDigits = 300;
