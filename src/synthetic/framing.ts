// How records stand in a file: the framings that real exports come in. All text here, and everywhere in the
// synthetic lake, holds one byte of UTF-8 in each character, so that damaged bytes can be written like any
// other and a chunk becomes bytes by copying.

/** Puts records into a file. Made anew for every file. */
export interface Framer {
  /** What the file starts with. */
  open(): string;
  /** The next records. */
  records(lines: readonly string[]): string;
  /** What the file ends with. */
  close(): string;
}

/** The framings a file may have. */
export type Framing = "lines" | "older" | "crlf" | "pretty" | "array" | "open-array" | "nul" | "mixed";

const byteOrderMark = "\xef\xbb\xbf";

/** A compact record over several lines, as a pretty-printer writes it. */
function pretty(line: string): string {
  return line
    .replaceAll(/([{,])"/g, '$1\n  "')
    .replaceAll('":', '": ')
    .replace(/\}$/, "\n}");
}

/** A compact record with spaces after commas and colons, as Python writes it. */
function spaced(line: string): string {
  return line.replaceAll(',"', ', "').replaceAll('":', '": ');
}

/** One record a line. */
class Lines implements Framer {
  open(): string {
    return "";
  }
  records(lines: readonly string[]): string {
    return lines.map((line) => `${line}\n`).join("");
  }
  close(): string {
    return "";
  }
}

/**
 * A file that stops in the middle of its last record. That record is held back until the file is known to
 * end, and then only its beginning is written: the rest is lost, as in a real file that was cut off.
 */
class CutOff implements Framer {
  readonly #start: string;
  readonly #end: string;
  readonly #keep: (record: string) => number;
  #held = "";

  constructor(start: string, end: string, keep: (record: string) => number) {
    this.#start = start;
    this.#end = end;
    this.#keep = keep;
  }
  open(): string {
    return this.#start;
  }
  records(lines: readonly string[]): string {
    let text = "";
    for (const line of lines) {
      if (this.#held !== "") text += this.#held + this.#end;
      this.#held = line;
    }
    return text;
  }
  close(): string {
    return this.#held.slice(0, this.#keep(this.#held));
  }
}

class Pretty extends Lines {
  override records(lines: readonly string[]): string {
    return lines.map((line) => `${pretty(line)}\n`).join("");
  }
}

/** A JSON array; one that stays open is a file that was cut off between two records. */
class ArrayFile implements Framer {
  readonly #closed: boolean;
  #first = true;

  constructor(closed: boolean) {
    this.#closed = closed;
  }
  open(): string {
    return "[";
  }
  records(lines: readonly string[]): string {
    let text = "";
    for (const line of lines) {
      text += (this.#first ? "\n" : ",\n") + line;
      this.#first = false;
    }
    return text;
  }
  close(): string {
    return this.#closed ? "\n]\n" : ",";
  }
}

/** Runs of NUL bytes between some of the records, as a crash leaves them; and no newline at the end. */
class Nul implements Framer {
  #count = 0;

  open(): string {
    return "";
  }
  records(lines: readonly string[]): string {
    let text = "";
    for (const line of lines) {
      if (this.#count > 0) text += "\n";
      if (this.#count % 24 === 2) text += "\0".repeat(1 + (this.#count % 5));
      text += line;
      this.#count++;
    }
    return text;
  }
  close(): string {
    return "";
  }
}

/** Another framing for every person, in one file. */
class Mixed implements Framer {
  #count = 0;

  open(): string {
    return "\r\n \t\n";
  }
  records(lines: readonly string[]): string {
    switch (this.#count++ % 4) {
      case 0:
        return lines.map((line) => `${line}\n`).join("");
      case 1:
        return lines.join("");
      case 2:
        return lines.map((line) => `${pretty(line)}\n\n`).join("");
      default:
        return lines.map((line) => `${spaced(line)} \r\n`).join("");
    }
  }
  close(): string {
    return "";
  }
}

/** The framer for a file. */
export function framerFor(framing: Framing): Framer {
  switch (framing) {
    case "lines":
      return new Lines();
    case "older":
      // Back to back, and cut in the second field: for a customer in the middle of the e-mail address, so
      // that nobody can tell whose record this was.
      return new CutOff("", "", (record) => Math.min(record.indexOf(",") + 12, record.length));
    case "crlf":
      // Cut close to the end: for a customer, it is still plain whose record this was.
      return new CutOff(byteOrderMark, "\r\n", (record) => Math.max(record.length - 9, 0));
    case "pretty":
      return new Pretty();
    case "array":
      return new ArrayFile(true);
    case "open-array":
      return new ArrayFile(false);
    case "nul":
      return new Nul();
    case "mixed":
      return new Mixed();
  }
}
