// Lakes of other shapes, written from a generated one, file by file.

import { createReadStream, createWriteStream, existsSync, mkdirSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";

export type Shape = "back to back" | "other order" | "unusual" | "gzip";

/** Makes the lake unless it is there. */
export async function reshape(lake: string, shape: Shape, target: string): Promise<void> {
  if (existsSync(target)) return;
  for (const name of readdirSync(lake, { recursive: true, encoding: "utf8" }).sort()) {
    if (!name.endsWith(".json")) continue;
    const path = join(target, name);
    mkdirSync(dirname(path), { recursive: true });
    const source = createReadStream(join(lake, name), { highWaterMark: 1 << 18 });
    if (shape === "gzip") await pipeline(source, createGzip({ level: 6 }), createWriteStream(`${path}.gz`));
    else {
      const change = changes[shape];
      const readings = !name.startsWith("customer");
      await pipeline(
        Readable.from(blocks(source, (line, at) => change(line, at, readings))),
        createWriteStream(path),
      );
    }
  }
}

type Change = (line: string, at: number, readings: boolean) => string;

const changes: Readonly<Record<Exclude<Shape, "gzip">, Change>> = {
  "back to back": (line) => line.replace('"timestamp"', '"timeStamp"'),
  // No value of a generated lake holds a comma and a quotation mark.
  "other order": (line) =>
    `{${line
      .slice(1, -1)
      .split(/,(?=")/)
      .reverse()
      .join(",")}}\n`,
  unusual: (line, at, readings) => `${at % 100 === 0 ? unusual(line, (at / 100) % 3, readings) : line}\n`,
};

/** An escape in a value, spaces, or a record cut off. A damaged snapshot would change who consents: these have a space instead. */
function unusual(line: string, turn: number, readings: boolean): string {
  if (turn === 0) return line.replace(/"([A-Za-z0-9])([^":]*)"([,}])/, escaped);
  if (turn === 1 || !readings) return line.replaceAll(/:(?=["\d-])/g, ": ");
  return line.slice(0, line.length - 12);
}

function escaped(_all: string, first: string, rest: string, after: string): string {
  return `"\\u${first.charCodeAt(0).toString(16).padStart(4, "0")}${rest}"${after}`;
}

async function* blocks(
  source: Readable,
  change: (line: string, at: number) => string,
): AsyncGenerator<string> {
  let block = "";
  let at = 0;
  for await (const line of createInterface({ input: source })) {
    block += change(line, at++);
    if (block.length > 1 << 18) {
      yield block;
      block = "";
    }
  }
  yield block;
}
