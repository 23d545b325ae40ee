// npm run bench: how long this program and others take to build the five zones of a generated lake. See README.md.

import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { cpus, tmpdir, totalmem } from "node:os";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { cli, compiled, type Contender, othersHere, own, yargsEntry } from "./contenders.js";
import { samplePreset, syntheticLake, type SyntheticFile } from "../src/synthetic/lake.js";
import { digestOf, zones } from "./digest.js";
import { type Command, type Measured, measure, medians } from "./measure.js";
import { Recycling } from "./recycle.js";
import { reshape, type Shape } from "./shapes.js";
import { plot, type Series } from "./svg.js";
import { megabytes, seconds, table, times } from "./table.js";

const { values: flags } = parseArgs({
  options: {
    sizes: { type: "string", default: "0.1,1.1" },
    runs: { type: "string", default: "5" },
    only: { type: "string" },
    json: { type: "boolean", default: false },
    keep: { type: "boolean", default: false },
    "write-docs": { type: "boolean", default: false },
    from: { type: "string" },
  },
});
const sizes = flags.sizes
  .split(",")
  .map(Number)
  .toSorted((a, b) => a - b);
const runs = Number(flags.runs);
const only = flags.only?.split(",");
if (sizes.some((size) => !(size > 0)) || !(runs >= 1)) throw new Error("--sizes and --runs take numbers");

/** The largest lake that peers read; this program alone reads larger ones. */
const peersUpTo = 1.5;
const peoplePerGb = 100_000 / 1.1;

/** A row of the table: one figure that has to be reached. */
interface Row {
  readonly name: string;
  readonly figure: string;
  readonly must: string;
  readonly goFor: string;
  readonly measured: string;
  readonly reached: "go for" | "must" | "no";
}
const rows: Row[] = [];
const notes: string[] = [];
interface ProgramRun {
  readonly size: number;
  readonly name: string;
  readonly measured: Measured;
}
const all: ProgramRun[] = [];

/** What `--json` prints. */
interface Results {
  readonly machine: string;
  readonly runs: number;
  /** Of results that have been taken together; left out: as many. */
  readonly mostRuns?: number;
  readonly rows: readonly Row[];
  readonly programs: readonly ProgramRun[];
  readonly notes: readonly string[];
}

const say = (words: string): void => void process.stderr.write(`${words}\n`);
const wants = (name: string): boolean => only?.includes(name) ?? true;

const ram = ramFolder();
const base = ram ?? tmpdir();
if (flags.from !== undefined) {
  printed(together(flags.from.split(",").map((path) => JSON.parse(readFileSync(path, "utf8")) as Results)));
  process.exit();
}
const work = mkdtempSync(join(base, "stedi-bench-"));
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => {
    if (!flags.keep) rmSync(work, { recursive: true, force: true });
    process.exit(1);
  });
}
try {
  await everything();
} finally {
  if (flags.keep) say(`kept: ${work}`);
  else rmSync(work, { recursive: true, force: true });
}

async function everything(): Promise<void> {
  const others = othersHere(work, (what) => notes.push(`Not here: ${what}.`));
  const shared = sizes.filter((size) => size <= peersUpTo);
  const main = shared.at(-1);
  for (const size of sizes) {
    const lake = await generated(size);
    if (size === main) await compare(size, lake, others);
    else await alone(size, lake);
    if (size === main) {
      await shapes(size, lake);
      await manyFiles(size, lake);
    }
    if (!flags.keep) rmSync(lake, { recursive: true, force: true });
  }
  if (main !== undefined && wants("memory-128M")) flatMemory(main);
  if (wants("help") || wants("sample")) await starts();
  print();
}

/** This program beside each of the others. */
async function compare(size: number, lake: string, others: readonly Contender[]): Promise<void> {
  const rowOf: readonly [string, string, string, string, number, number][] = [
    ["duckdb", "DuckDB", "stedi", "wall against DuckDB, two threads", 2.5, 4],
    [
      "one-worker",
      "DuckDB, one thread",
      "stedi, one worker",
      "one worker against DuckDB with one thread",
      2,
      3,
    ],
    ["polars", "Polars", "stedi", "wall against Polars, streaming engine", 2.5, 4],
    ["pyspark", "PySpark", "stedi", "wall against PySpark `local[2]`", 20, 30],
    ["readline", "readline", "stedi", "wall against readline and JSON.parse", 8, 15],
  ];
  const wanted = rowOf.filter(([name]) => wants(name));
  const ours = [own(2), own(1)].filter(({ name }) => name === "stedi" || wants("one-worker"));
  const theirs = others.filter(({ name }) => wanted.some(([, other]) => other === name));
  const results = await side([...ours, ...theirs], lake);
  for (const [name, measured] of results) all.push({ size, name, measured });
  for (const [name, other, mine, figure, must, goFor] of wanted) {
    const [theirWall, ourWall] = [results.get(other)?.wall, results.get(mine)?.wall];
    if (theirWall === undefined || ourWall === undefined) continue;
    add(
      name,
      figure,
      [`${must} times faster`, must],
      [`${goFor} times`, goFor],
      theirWall / ourWall,
      times,
      "at least",
    );
  }
  const { memory } = results.get("stedi")!;
  if (memory !== null && wants("memory")) {
    const figure = `peak memory on the lake of ${size} GB`;
    add("memory", figure, ["under 350 MB", 350e6], ["under 220 MB", 220e6], memory, megabytes);
  }
  await fsyncTime(lake);
}

/** A size at which only the line of the plot is wanted; a large one is read with little memory. */
async function alone(size: number, lake: string): Promise<void> {
  const isLarge = size > peersUpTo;
  const contender = own(2, isLarge ? ["--memory", "128M", "--tmp", work] : []);
  const results =
    isLarge && ram !== undefined ? await recycled(contender, lake) : await side([contender], lake, false);
  for (const [name, measured] of results) all.push({ size, name, measured });
}

/** Runs one again and again, each in the memory of what the run before has written; the first is not counted. */
async function recycled({ name, command }: Contender, lake: string): Promise<Map<string, Measured>> {
  const [out, before] = [join(work, "out"), join(work, "out-before")];
  const run = (): Promise<Measured> => measure(command(lake, out), join(work, "log"));
  say(`${name}: ${seconds((await run()).wall)} (not counted)`);
  const results: Measured[] = [];
  while (results.length < runs) {
    renameSync(out, before);
    const recycling = new Recycling(before);
    const measured = await run().finally(() => recycling.end());
    say(`${name}: ${seconds(measured.wall)}, ${megabytes(measured.memory)}`);
    results.push(measured);
  }
  rmSync(out, { recursive: true, force: true });
  return new Map([[name, medians(results)]]);
}

function flatMemory(main: number): void {
  const large = all.find((one) => one.size > peersUpTo && one.name === "stedi");
  const usual = all.find((one) => one.size === main && one.name === "stedi");
  if (!large || !usual) return;
  const name = "memory-128M";
  if (large.measured.memory !== null) {
    const figure = `${large.size} GB with \`--memory 128M\`: peak memory`;
    const goal = usual.measured.memory ?? 0;
    add(
      name,
      figure,
      ["under 500 MB", 500e6],
      [`as for ${main} GB`, goal * 1.05],
      large.measured.memory,
      megabytes,
    );
  }
  const ratio = large.measured.wall / large.size / (usual.measured.wall / main);
  const figure = `${large.size} GB: time for each GB, against ${main} GB`;
  add(name, figure, ["within 1.25 times", 1.25], ["the same", 1.05], ratio, times);
}

async function shapes(size: number, lake: string): Promise<void> {
  const given: readonly [string, Shape, string, number, number][] = [
    ["back-to-back", "back to back", "back-to-back records, `timeStamp`, against the usual shape", 1.5, 1.1],
    ["other-order", "other order", "fields in another order, against the usual shape", 1.5, 1.1],
    ["unusual", "unusual", "one record in a hundred unusual, against none", 1.2, 1.05],
    ["gzip", "gzip", "gzip landing files: added time over that of gunzip alone", 1, 0.5],
  ];
  for (const [name, shape, figure, must, goFor] of given) {
    if (!wants(name)) continue;
    const other = join(work, `lake-${shape.replaceAll(" ", "-")}`);
    say(`${size} GB: making the lake with ${shape}`);
    await reshape(lake, shape, other);
    const expected = await digestOfRun(
      shape === "unusual" ? readlinePeer() : own(2),
      shape === "unusual" ? other : lake,
    );
    same(shape, expected, await digestOfRun(own(2), other));
    const gunzip: Command = { args: [process.execPath, compiled("peers/gunzip.ts", work), other] };
    const usual: Measured[] = [];
    const shaped: Measured[] = [];
    const unpacked: Measured[] = [];
    for (let run = 0; run < runs; run++) {
      usual.push(await timed(own(2), lake));
      shaped.push(await timed(own(2), other));
      if (shape === "gzip") unpacked.push(await measure(gunzip, join(work, "log")));
    }
    const [plainWall, wall] = [medians(usual).wall, medians(shaped).wall];
    if (shape === "gzip") {
      const gunzipWall = medians(unpacked).wall;
      const added = Math.max(0, wall - plainWall) / gunzipWall;
      add(name, figure, ["within 1 time", must], ["0.5 times", goFor], added, times);
      notes.push(
        `gzip: ${seconds(wall)}; plain ${seconds(plainWall)}; gunzip alone, all cores, ${seconds(gunzipWall)}.`,
      );
    } else {
      const goal = goFor < 1.1 ? "the same" : `${goFor} times`;
      add(name, figure, [`within ${must} times`, must], [goal, goFor], wall / plainWall, times);
    }
    rmSync(other, { recursive: true, force: true });
  }
}

async function manyFiles(size: number, lake: string): Promise<void> {
  if (!wants("files")) return;
  const other = await generated(size, "300K");
  same("many files", await digestOfRun(own(2), lake), await digestOfRun(own(2), other));
  const few: Measured[] = [];
  const many: Measured[] = [];
  for (let run = 0; run < runs; run++) {
    few.push(await timed(own(2), lake));
    many.push(await timed(own(2), other));
  }
  const figure = "files of 300 KB against the same bytes in few files";
  add(
    "files",
    figure,
    ["within 1.3 times", 1.3],
    ["the same", 1.05],
    medians(many).wall / medians(few).wall,
    times,
  );
  rmSync(other, { recursive: true, force: true });
}

/** `--help`, and a run on the sample lake, against the help of a program that has yargs and nothing else. */
async function starts(): Promise<void> {
  const bare: Command = {
    args: [process.execPath, compiled("peers/yargs.ts", work), yargsEntry(), "--help"],
  };
  const help: Command = { args: [process.execPath, cli, "--help"] };
  const lake = join(work, "sample");
  writeLake(lake, syntheticLake(samplePreset));
  const figures: readonly (readonly [string, string, () => Promise<Measured>, number, number])[] = [
    ["help", "`--help` against a bare yargs program's", () => measure(help, join(work, "log")), 1.2, 1],
    ["sample", "`run all` on the sample lake, against the same", () => timed(own(2), lake), 2.5, 2],
  ];
  for (const [name, figure, start, must, goFor] of figures) {
    if (!wants(name)) continue;
    const [bares, starts]: [Measured[], Measured[]] = [[], []];
    for (let run = 0; run < Math.max(runs, 2) * 3; run++) {
      bares.push(await measure(bare, join(work, "log")));
      starts.push(await start());
    }
    const ratio = medians(starts).wall / medians(bares).wall;
    add(name, figure, [`${must} times`, must], [`${goFor} times`, goFor], ratio, times);
  }
}

/** Runs each in turn, after all have been seen to write the same rows. */
async function side(
  contenders: readonly Contender[],
  lake: string,
  check = true,
): Promise<Map<string, Measured>> {
  if (check) {
    const expected = await digestOfRun(contenders[0]!, lake);
    for (const [zone, digest] of expected) notes.push(`${zone}: ${digest}.`);
    for (const contender of contenders.slice(1)) {
      same(contender.name, expected, await digestOfRun(contender, lake));
    }
  }
  const results = new Map<string, Measured[]>(contenders.map(({ name }) => [name, []]));
  for (let run = 0; run < runs; run++) {
    for (const contender of contenders) {
      const measured = await timed(contender, lake);
      say(`${contender.name}: ${seconds(measured.wall)}, ${megabytes(measured.memory)}`);
      results.get(contender.name)!.push(measured);
    }
  }
  return new Map([...results].map(([name, each]) => [name, medians(each)]));
}

async function timed({ command }: Contender, lake: string): Promise<Measured> {
  const out = join(work, "out");
  const measured = await measure(command(lake, out), join(work, "log"));
  for (const path of [out, `${out}-spark`]) rmSync(path, { recursive: true, force: true });
  return measured;
}

async function digestOfRun({ name, command }: Contender, lake: string): Promise<Map<string, string>> {
  say(`checking what ${name} writes`);
  const out = join(work, "out");
  await measure(command(lake, out), join(work, "log"));
  const digest = await digestOf(out);
  for (const path of [out, `${out}-spark`]) rmSync(path, { recursive: true, force: true });
  return digest;
}

function same(name: string, expected: ReadonlyMap<string, string>, got: ReadonlyMap<string, string>): void {
  for (const zone of zones) {
    if (expected.get(zone) === got.get(zone)) continue;
    throw new Error(`${name}: other rows in ${zone}: ${expected.get(zone)} against ${got.get(zone)}`);
  }
}

function readlinePeer(): Contender {
  return othersHere(work, () => undefined).find(({ name }) => name === "readline")!;
}

/** By a run of its own, so that nothing stands in the way of the runs that are timed. */
async function fsyncTime(lake: string): Promise<void> {
  const [node, ...args] = own(2).command(lake, join(work, "out")).args;
  const file = join(work, "fsync");
  await measure(
    { args: [node, "--import", compiled("fsync-hook.ts", work), ...args], env: { BENCH_FSYNC: file } },
    join(work, "log"),
  );
  rmSync(join(work, "out"), { recursive: true, force: true });
  notes.push(
    `Of a run of this program, at least one fsync was under way for ${seconds(Number(readFileSync(file, "utf8")))}.`,
  );
}

function writeLake(lake: string, files: Iterable<SyntheticFile>): void {
  for (const { path, chunks } of files) {
    mkdirSync(dirname(join(lake, path)), { recursive: true });
    writeFileSync(join(lake, path), Buffer.concat([...chunks]));
  }
}

async function generated(size: number, fileSize = "64M"): Promise<string> {
  const lake = join(work, `lake-${size}-${fileSize}`);
  const people = Math.max(100, Math.round(size * peoplePerGb));
  say(`${size} GB: making the lake of ${people} people in files of ${fileSize}`);
  mkdirSync(dirname(lake), { recursive: true });
  const args = ["generate", lake, "--people", String(people), "--file-size", fileSize];
  await measure({ args: [process.execPath, cli, ...args] }, join(work, "log"));
  return lake;
}

function add(
  name: string,
  figure: string,
  [mustText, must]: readonly [string, number],
  [goForText, goFor]: readonly [string, number],
  measured: number,
  show: (value: number) => string,
  sense: "at least" | "at most" = "at most",
): void {
  const keeps = (limit: number): boolean => (sense === "at least" ? measured >= limit : measured <= limit);
  const reached = keeps(goFor) ? "go for" : keeps(must) ? "must" : "no";
  rows.push({ name, figure, must: mustText, goFor: goForText, measured: show(measured), reached });
  say(`${figure}: ${show(measured)} (must: ${mustText})`);
}

function print(): void {
  const machine = `${cpus().length} cores of ${cpus()[0]?.model ?? "?"}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}, files in ${base}`;
  printed({ machine, runs, rows, programs: all, notes });
}

/** Of figures that several have, those of the last one. */
function together(results: readonly Results[]): Results {
  const byName = new Map(results.flatMap((each) => each.rows).map((row) => [row.name + row.figure, row]));
  const programs = new Map(
    results.flatMap((each) => each.programs).map((one) => [`${one.size} ${one.name}`, one]),
  );
  return {
    machine: [...new Set(results.map(({ machine }) => machine))].join("; "),
    runs: Math.min(...results.map((each) => each.runs)),
    mostRuns: Math.max(...results.map((each) => each.mostRuns ?? each.runs)),
    rows: [...byName.values()],
    programs: [...programs.values()].sort((a, b) => a.size - b.size),
    notes: [...new Set(results.flatMap((each) => each.notes))],
  };
}

function printed(results: Results): void {
  const { machine, runs, mostRuns = runs, rows, programs, notes } = results;
  if (flags.json) process.stdout.write(`${JSON.stringify(results, null, 2)}\n`);
  const figures = table(
    ["figure", "must", "go for", "measured", "reached"],
    rows.map(({ figure, must, goFor, measured, reached }) => [figure, must, goFor, measured, reached]),
  );
  const times = table(
    ["lake", "program", "wall", "CPU", "peak memory"],
    programs.map(({ size, name, measured: { wall, cpu, memory } }) => [
      `${size} GB`,
      name,
      seconds(wall),
      seconds(cpu),
      megabytes(memory),
    ]),
  );
  const listed = notes.map((note) => `- ${note}`).join("\n");
  const median =
    mostRuns === 1
      ? "One run of each."
      : `Medians of ${mostRuns === runs ? runs : `${runs} to ${mostRuns}`} runs, alternating; of memory, the greatest.`;
  const page = [`Machine: ${machine}. ${median}`, figures, times, listed].filter(Boolean).join("\n\n");
  if (!flags.json) process.stdout.write(`${page}\n`);
  if (flags["write-docs"]) writeDocs(page, programs);
}

function writeDocs(page: string, all: readonly ProgramRun[]): void {
  const docs = join(import.meta.dirname, "..", "docs");
  const path = join(docs, "performance.md");
  const [start, end] = ["<!-- bench -->", "<!-- end of bench -->"];
  const before = readFileSync(path, "utf8");
  const [from, to] = [before.indexOf(start), before.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`${path} has no place for the tables`);
  writeFileSync(path, `${before.slice(0, from)}${start}\n\n${page}\n\n${before.slice(to)}`);
  const names = [...new Set(all.map(({ name }) => name))];
  const seriesOf = (value: (measured: Measured) => number | null): Series[] =>
    names.map((name) => ({
      name,
      points: all.flatMap((one) => {
        const figure = value(one.measured);
        return one.name === name && figure !== null ? [[one.size, figure] as const] : [];
      }),
    }));
  const wall = seriesOf((measured) => measured.wall);
  const memory = seriesOf((measured) => measured.memory && measured.memory / 1e6);
  writeFileSync(join(docs, "performance-time.svg"), plot("Time for the five zones", "s", wall));
  writeFileSync(join(docs, "performance-memory.svg"), plot("Peak memory", "MB", memory));
}

/** A RAM file system with room for lakes and zones, where there is one. */
function ramFolder(): string | undefined {
  try {
    const { bavail, bsize } = statfsSync("/dev/shm");
    const available = /^MemAvailable:\s+(\d+) kB$/m.exec(readFileSync("/proc/meminfo", "utf8"))?.[1];
    const room = Math.min(bavail * bsize, Number(available) * 1024);
    return room > Math.max(...sizes.map(roomFor)) ? "/dev/shm" : undefined;
  } catch {
    return undefined;
  }
}

/** Of a large lake the zones, too, and some memory; of a smaller one another shape besides, and the memory of others. */
function roomFor(size: number): number {
  return size > peersUpTo ? size * 2.06e9 + 1e9 : size * 7e9;
}
