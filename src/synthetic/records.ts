// Small changes to one record's text. Text and not objects, because a hazard is often something that an object
// cannot hold: a field twice, digits beyond a double, bytes that are not UTF-8.

/** Where a field's value stands: after its quoted name and a colon, up to the next comma or brace. */
function valueOf(field: string): RegExp {
  return new RegExp(`("${field}":)("[^"]*"|[^,}]*)`);
}

/** The record with a field's value replaced; `literal` is JSON, or what is to stand in its place. */
export function withValue(line: string, field: string, literal: string): string {
  return line.replace(valueOf(field), (_, name: string) => name + literal);
}

/** The record with a field's value changed. */
export function changeValue(line: string, field: string, change: (literal: string) => string): string {
  return line.replace(valueOf(field), (_, name: string, literal: string) => name + change(literal));
}

/** The record with a field under another name. */
export function renamed(line: string, field: string, name: string): string {
  return line.replace(`"${field}":`, () => `"${name}":`);
}

/** The record without a field. */
export function without(line: string, field: string): string {
  return line.replace(new RegExp(`"${field}":("[^"]*"|[^,}]*),?`), "").replace(/,\}$/, "}");
}

/** The record with more fields at its end, given as JSON without braces. */
export function extended(line: string, fields: string): string {
  return `${line.slice(0, -1)},${fields}}`;
}

/** The record up to some way into a field: what is left of one that was cut off there. */
export function cutIn(line: string, field: string, after: number): string {
  return line.slice(0, line.indexOf(`"${field}"`) + after);
}

/** The end of the record, from some way into a field: what is left of one whose beginning was lost. */
export function tailFrom(line: string, field: string, after: number): string {
  return line.slice(line.indexOf(`"${field}"`) + after);
}
