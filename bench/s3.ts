// npm run bench:s3: how long `run all` takes on a lake in MinIO on this machine, zones into the same MinIO, against the
// plain AWS SDK that gets the same objects and puts the same bytes. See README.md.

import {
  createWriteStream,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statfsSync,
  symlinkSync,
} from "node:fs";
import { cpus, tmpdir, totalmem } from "node:os";
import { dirname, join } from "node:path";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { parseArgs } from "node:util";
import {
  CreateBucketCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  paginateListObjectsV2,
  type S3Client,
} from "@aws-sdk/client-s3";
import { clientOf, environmentOf } from "../test/s3/client.js";
import { startServer } from "../test/s3/servers.js";
import { cli, compiled, own } from "./contenders.js";
import { digestOf, zones } from "./digest.js";
import { type Measured, measure, medians } from "./measure.js";
import { megabytes, seconds, table, times } from "./table.js";

const { values: flags } = parseArgs({
  options: {
    runs: { type: "string", default: "5" },
    only: { type: "string" },
    json: { type: "boolean", default: false },
  },
});
const runs = Number(flags.runs);
if (!(runs >= 1)) throw new Error("--runs takes a number");

/** What is read: 1.1 GB are 100,000 people. */
interface Shape {
  readonly name: string;
  readonly people: number;
  readonly fileSize: string;
}
const shapes: readonly Shape[] = [
  { name: "1 GB", people: 91_000, fileSize: "64M" },
  { name: "small files", people: 21_300, fileSize: "300K" },
].filter(({ name }) => flags.only?.split(",").includes(name) ?? true);

const must = { times: 1.5, memory: 600e6 };

/** What came out for a shape. */
interface Result {
  readonly shape: string;
  readonly files: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly sdk: Measured;
  readonly stedi: Measured;
  readonly all: { readonly sdk: readonly Measured[]; readonly stedi: readonly Measured[] };
}

const bucket = "bench";
const say = (words: string): void => void process.stderr.write(`${words}\n`);

// The server puts its data where the system's temporary files are.
process.env.TMPDIR = ramFolder() ?? tmpdir();
const work = mkdtempSync(join(tmpdir(), "stedi-bench-s3-"));
const minio = await startServer("minio");
Object.assign(process.env, environmentOf(minio));
const client: S3Client = clientOf(minio);
const log = join(work, "log");
try {
  symlinkSync(join(import.meta.dirname, "..", "node_modules"), join(work, "node_modules"));
  const sdk = compiled("peers/s3-sdk.ts", work);
  await client.send(new CreateBucketCommand({ Bucket: bucket }));
  const results: Result[] = [];
  for (const shape of shapes) results.push(await compare(shape, sdk));
  print(results);
} finally {
  client.destroy();
  await minio.close();
  rmSync(work, { recursive: true, force: true });
}

/** Each in turn, after both have been seen to move what they should. */
async function compare({ name, people, fileSize }: Shape, sdk: string): Promise<Result> {
  const lake = `s3://${bucket}/lake`;
  const files = join(work, "zones");
  say(`${name}: making the lake of ${people} people in files of ${fileSize}`);
  await generate(lake, people, fileSize);
  const objects = await listed("lake/");
  const bytesIn = objects.reduce((sum, { size }) => sum + size, 0);

  const stedi = own(2);
  const runStedi = async (): Promise<Measured> => {
    const measured = await measure(stedi.command(lake, `s3://${bucket}/zones`), log);
    return measured;
  };
  const runSdk = (): Promise<Measured> =>
    measure({ args: [process.execPath, sdk, bucket, "lake", files, "plain"] }, log);

  say(`${name}: checking what comes out`);
  await runStedi();
  const parts = (await listed("zones/")).filter(({ key }) => !key.includes("/_stedi/"));
  for (const { key } of parts) await download(key, join(files, key.slice("zones/".length)));
  same(await onDisk(people, fileSize), await digestOf(files));
  await empty("zones/");
  const bytesOut = parts.reduce((sum, { size }) => sum + size, 0);
  await runSdk();
  const { got, put } = JSON.parse(readFileSync(log, "utf8")) as { got: number; put: number };
  const stored = (await listed("plain/")).reduce((sum, { size }) => sum + size, 0);
  if (got !== bytesIn || put !== bytesOut || stored !== bytesOut)
    throw new Error("the SDK moved other bytes");
  await empty("plain/");

  const all: { sdk: Measured[]; stedi: Measured[] } = { sdk: [], stedi: [] };
  for (let run = 0; run < runs; run++) {
    all.sdk.push(await runSdk());
    await empty("plain/");
    all.stedi.push(await runStedi());
    await empty("zones/");
    for (const which of ["sdk", "stedi"] as const) {
      const { wall, cpu, memory } = all[which].at(-1)!;
      say(`${which}: ${seconds(wall)}, ${seconds(cpu)} of CPU, ${megabytes(memory)}`);
    }
  }
  await empty("lake/");
  rmSync(files, { recursive: true });
  return {
    shape: name,
    files: objects.length,
    bytesIn,
    bytesOut,
    sdk: medians(all.sdk),
    stedi: medians(all.stedi),
    all,
  };
}

/** The zones that come out of the same lake in a folder. */
async function onDisk(people: number, fileSize: string): Promise<Map<string, string>> {
  const [lake, out] = [join(work, "lake"), join(work, "out")];
  await generate(lake, people, fileSize);
  await measure(own(2).command(lake, out), log);
  const digest = await digestOf(out);
  for (const folder of [lake, out]) rmSync(folder, { recursive: true });
  return digest;
}

async function generate(lake: string, people: number, fileSize: string): Promise<void> {
  const args = ["generate", lake, "--people", String(people), "--file-size", fileSize];
  await measure({ args: [process.execPath, cli, ...args] }, log);
}

function same(expected: ReadonlyMap<string, string>, got: ReadonlyMap<string, string>): void {
  for (const zone of zones) {
    say(`${zone}: ${got.get(zone)}`);
    if (expected.get(zone) !== got.get(zone)) throw new Error(`other rows in ${zone} on S3 than on disk`);
  }
}

async function listed(Prefix: string): Promise<readonly { readonly key: string; readonly size: number }[]> {
  const found = [];
  for await (const { Contents = [] } of paginateListObjectsV2({ client }, { Bucket: bucket, Prefix }))
    found.push(...Contents.map(({ Key, Size }) => ({ key: Key!, size: Size! })));
  return found;
}

async function download(Key: string, path: string): Promise<void> {
  mkdirSync(dirname(path), { recursive: true });
  const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key }));
  await pipeline(Body as Readable, createWriteStream(path));
}

async function empty(prefix: string): Promise<void> {
  const keys = await listed(prefix);
  for (let from = 0; from < keys.length; from += 1000) {
    const Objects = keys.slice(from, from + 1000).map(({ key }) => ({ Key: key }));
    await client.send(new DeleteObjectsCommand({ Bucket: bucket, Delete: { Objects, Quiet: true } }));
  }
  // MinIO only moves away what is deleted, and clears up after five minutes: until then, each run would find less memory.
  const rubbish = join(minio.data, ".minio.sys", "tmp", ".trash");
  for (const name of existsSync(rubbish) ? readdirSync(rubbish) : [])
    rmSync(join(rubbish, name), { recursive: true, force: true });
}

function print(results: readonly Result[]): void {
  const machine = `${cpus().length} cores of ${cpus()[0]?.model ?? "?"}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}, MinIO's data in ${process.env.TMPDIR}`;
  const rows = results.flatMap(({ shape, sdk, stedi }) => [
    figure(`${shape}: \`run all\` against the plain SDK`, stedi.wall / sdk.wall, must.times, times),
    ...(stedi.memory === null
      ? []
      : [figure(`${shape}: peak memory, 16 gets in flight`, stedi.memory, must.memory, megabytes)]),
  ]);
  if (flags.json) {
    process.stdout.write(`${JSON.stringify({ machine, runs, rows, results }, null, 2)}\n`);
    return;
  }
  const figures = table(
    ["figure", "must", "measured", "reached"],
    rows.map(({ name, most, measured, reached }) => [
      name,
      `at most ${most}`,
      measured,
      reached ? "yes" : "no",
    ]),
  );
  const programs = table(
    ["lake", "program", "wall", "CPU", "peak memory"],
    results.flatMap(({ shape, files, bytesIn, bytesOut, sdk, stedi }) =>
      (
        [
          ["plain SDK", sdk],
          ["stedi", stedi],
        ] as const
      ).map(([name, { wall, cpu, memory }]) => [
        `${shape}: ${files} files, ${megabytes(bytesIn)} in, ${megabytes(bytesOut)} out`,
        name,
        seconds(wall),
        seconds(cpu),
        megabytes(memory),
      ]),
    ),
  );
  const median = `Medians of ${runs} runs each, alternating; of memory, the greatest.`;
  process.stdout.write(`Machine: ${machine}. ${median}\n\n${figures}\n\n${programs}\n`);
}

function figure(
  name: string,
  value: number,
  most: number,
  show: (value: number) => string,
): { name: string; value: number; most: string; measured: string; reached: boolean } {
  return { name, value, most: show(most), measured: show(value), reached: value <= most };
}

/** A RAM file system with room for the lake twice and the zones three times, where there is one. */
function ramFolder(): string | undefined {
  try {
    const { bavail, bsize } = statfsSync("/dev/shm");
    return bavail * bsize > 6e9 ? "/dev/shm" : undefined;
  } catch {
    return undefined;
  }
}
