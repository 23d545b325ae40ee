// Unpacks all files of a lake and throws the bytes away: node gunzip.mjs LAKE. As many at once as there are cores.

import { createReadStream, readdirSync } from "node:fs";
import { availableParallelism } from "node:os";
import { Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";

const [lake] = process.argv.slice(2) as [string];
const paths = readdirSync(lake, { recursive: true, encoding: "utf8" }).filter((path) => path.endsWith(".gz"));

async function work(): Promise<void> {
  for (let path = paths.pop(); path !== undefined; path = paths.pop()) {
    const sink = new Writable({ write: (_chunk, _encoding, done) => done() });
    await pipeline(
      createReadStream(`${lake}/${path}`, { highWaterMark: 1 << 18 }),
      createGunzip({ chunkSize: 1 << 18 }),
      sink,
    );
  }
}

await Promise.all(Array.from({ length: availableParallelism() }, work));
