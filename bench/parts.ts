// npm run bench:parts: nanoseconds for each record in each hot part by itself, so that a change shows where it hurts.

import { SharedBuffers } from "../src/io/shared-buffers.js";
import { keyOf } from "../src/transforms/keys.js";
import { JoinTable } from "../src/transforms/join-table.js";
import { KeyTable } from "../src/transforms/key-table.js";
import {
  accelerometerLanding,
  customerLanding,
  fieldIndex,
  landingTables,
  stepTrainerLanding,
  type TableShape,
} from "../src/transforms/tables.js";
import { FlatReader } from "../src/io/flat-reader.js";
import { OutBuffer } from "../src/io/out-buffer.js";
import { viewOf } from "../src/transforms/words-copy.js";
import { entryKinds, TableReader } from "../src/io/table-reader.js";
import { makeTemplate } from "../src/io/template.js";
import { defaultTuning } from "../src/pipeline/readings-pass.js";
import { releasePart } from "../src/pipeline/readings-pool.js";
import { type Part, ReadingsScanner } from "../src/pipeline/readings-scan.js";
import type { ReadingsSpec, RouteSpec } from "../src/pipeline/readings-spec.js";
import { syntheticLake } from "../src/synthetic/lake.js";
import { median } from "./measure.js";
import { table } from "./table.js";

const turns = 9;
const results: [string, number, number][] = [];

/** Runs a part again and again; the first turns are for the compiler. */
function part(name: string, records: number, run: () => void): void {
  for (let turn = 0; turn < 3; turn++) run();
  const each = Array.from({ length: turns }, () => {
    const start = performance.now();
    run();
    return ((performance.now() - start) * 1e6) / records;
  });
  results.push([name, records, median(each)]);
}

const lake = new Map<string, Buffer>();
for (const file of syntheticLake({ people: 1000, seed: 1, messy: false })) {
  const folder = file.path.slice(0, file.path.lastIndexOf("/"));
  lake.set(folder, Buffer.concat([lake.get(folder) ?? Buffer.alloc(0), ...file.chunks]));
}

interface Place {
  readonly from: number;
  readonly to: number;
}

for (const shape of landingTables) {
  const bytes = lake.get(shape.folder)!;
  const records = recordsIn(bytes);
  part(`${shape.name}: JSON.parse of a line`, records, () => {
    for (const line of bytes.toString("latin1").split("\n")) if (line !== "") JSON.parse(line);
  });
  flatReader(shape, bytes, records);
  if (shape.name !== "customer_landing") template(shape, bytes, records);
  part(`${shape.name}: table reader`, records, () => {
    const keyIndex = shape.fields.findIndex(({ kind }) => kind === "key");
    const reader = new TableReader(shape, { keyIndex });
    for (let at = 0; at < bytes.length; at += 1 << 18) {
      reader.feed(bytes.subarray(at, at + (1 << 18)));
      while (reader.next() !== entryKinds.none);
    }
    reader.finish();
    while (reader.next() !== entryKinds.none);
    if (reader.count !== records) throw new Error(`${reader.count} records, not ${records}`);
  });
}

/** How many lines there are. */
function recordsIn(bytes: Buffer): number {
  return bytes.reduce((count, byte) => count + (byte === 10 ? 1 : 0), 0);
}

function flatReader(shape: TableShape, bytes: Buffer, records: number): void {
  const reader = new FlatReader(shape);
  part(`${shape.name}: flat reader`, records, () => {
    for (let at = 0; at < bytes.length;) at = reader.read(bytes, at, bytes.length) + 1;
  });
}

function template(shape: TableShape, bytes: Buffer, records: number): void {
  const reader = new FlatReader(shape);
  const keyIndex = shape.fields.findIndex(({ kind }) => kind === "key");
  const end = reader.read(bytes, 0, bytes.length);
  const { scan } = makeTemplate(shape, bytes, 0, end, reader.from, reader.to, keyIndex);
  const view = viewOf(bytes);
  const key = { from: 0, to: 0, same: false, end: 0 };
  part(`${shape.name}: template`, records, () => {
    let shaped = 0;
    for (let at = 0; at < bytes.length; shaped++) {
      const next = scan(bytes, view, at, bytes.length, reader.from, reader.to, key);
      if (next === 0) throw new Error(`a record at ${at} has another shape`);
      at = next + 1;
    }
    if (shaped !== records) throw new Error(`${shaped} records, not ${records}`);
  });
}

/** The two passes over readings, block by block, where every other person shares. */
function passes(): void {
  const people = KeyTable.empty([1, 2]);
  const serials = KeyTable.empty([1, 2]);
  const ownerOf: number[] = [];
  for (const line of lake.get(customerLanding.folder)!.toString().trim().split("\n")) {
    const { email, serialNumber } = JSON.parse(line) as Record<"email" | "serialNumber", string>;
    ownerOf[serials.add(keyOf(serialNumber))] = people.add(keyOf(email));
  }
  const shares = (person: number): boolean => person % 2 === 0;
  const taken = ["x", "y", "z"].map((name) => fieldIndex(accelerometerLanding, name));
  const persons = [...Array(people.size).keys()];

  const join = new JoinTable(1);
  scanned(
    accelerometerLanding,
    "user",
    "timestamp",
    people,
    persons.map(shares),
    {
      tells: true,
      brings: taken,
      join: undefined,
    },
    ({ routes }) => join.addSegments(routes[0]!.brought!),
  );
  scanned(stepTrainerLanding, "serialNumber", "sensorReadingTime", serials, ownerOf.map(shares), {
    tells: false,
    brings: undefined,
    join: {
      table: join.memory,
      everybody: false,
      instants: false,
      ends: shared(Uint32Array.from(ownerOf, (_, serial) => serial + 1)),
      people: shared(Int32Array.from(ownerOf)),
      take: taken.map((index) => accelerometerLanding.fields[index]!),
    },
  });
}

/** @param first is given the parts of the first time */
function scanned(
  shape: TableShape,
  key: string,
  time: string,
  keys: KeyTable,
  kept: readonly boolean[],
  route: Pick<RouteSpec, "tells" | "brings" | "join">,
  first: (part: Part) => void = () => undefined,
): void {
  const spec: ReadingsSpec = {
    table: shape,
    keyField: fieldIndex(shape, key),
    timeField: fieldIndex(shape, time),
    keys: keys.memory,
    routes: [
      {
        verdicts: shared(Int32Array.from([...kept, false], (isKept) => (isKept ? -1 : 0))),
        since: undefined,
        steps: 1,
        writes: true,
        ...route,
      },
    ],
  };
  const bytes = lake.get(shape.folder)!;
  const records = recordsIn(bytes);
  const { blockBytes } = defaultTuning;
  const scanner = new ReadingsScanner(spec, new SharedBuffers());
  let take = first;
  part(`${shape.name}: a pass in blocks`, records, () => {
    let state: Part["end"];
    let good = 0;
    for (let at = 0; at < bytes.length; at += blockBytes) {
      const last = at + blockBytes >= bytes.length;
      const scan = scanner.scan({ blocks: [bytes.subarray(at, at + blockBytes)], state: state?.state, last });
      for (state = undefined; !state;) {
        const each = scan.next();
        good += each.good;
        take(each);
        releasePart(each);
        state = each.end;
      }
    }
    take = () => undefined;
    if (good !== records) throw new Error(`${good} records, not ${records}`);
  });
}

function shared(values: Int32Array | Uint32Array): SharedArrayBuffer {
  const memory = new SharedArrayBuffer(values.byteLength);
  new Int32Array(memory).set(values);
  return memory;
}

passes();

const keys = Array.from({ length: 100_000 }, (_, person) => keyOf(`Person.Number${person}@test.com`));
const keyBytes = Buffer.from(keys.join(""));
const keyView = viewOf(keyBytes);
const places: Place[] = [];
for (const key of keys) {
  const from = places.at(-1)?.to ?? 0;
  places.push({ from, to: from + key.length });
}
const keyTable = KeyTable.empty([1, 2]);
part("key table: add, a key", keys.length, () => {
  const table = KeyTable.empty([1, 2]);
  for (const { from, to } of places) table.addPlain(keyBytes, keyView, from, to);
});
for (const key of keys) keyTable.add(key);
const shuffled = places.map((_, at) => places[(at * 7919) % places.length]!);
part("key table: find, a key", keys.length, () => {
  for (const { from, to } of shuffled)
    if (keyTable.findPlain(keyBytes, keyView, from, to) < 0) throw new Error("not found");
});

const steps = 1_000_000;
const text = Buffer.from('\x15-1.0,"y":0.0,"z":1.0'); // behind its length plus 1
const textView = viewOf(text);
const timeOf = (step: number): number => 1_700_000_000_000 + Math.floor(step / 30) * 977 + (step % 30) * 3833;
function built(): JoinTable {
  const join = new JoinTable(1);
  for (let step = 0; step < steps; step++)
    join.addRows(timeOf(step), Math.floor(step / 30), text, textView, 0, text.length);
  return join;
}
part("join table: add, a row", steps, () => void built());
const join = built();
part("join table: probe, a row", steps, () => {
  const found: number[] = [];
  const people: { list: number[] } = { list: [0] };
  for (let step = 0; step < steps; step++) {
    const other = (step * 7919) % steps;
    people.list[0] = Math.floor(other / 30);
    join.probe(timeOf(other), found, people);
    if (found.length === 0) throw new Error("no row found");
  }
});

const line = Buffer.from(
  '{"user":"Alba.Abendroth@test.com","timestamp":1704083476572,"x":-1.0,"y":0.0,"z":-1.0}\n',
);
const lines = Buffer.concat(Array.from({ length: 10_000 }, () => line));
const linesView = viewOf(lines);
for (const [name, run] of [
  ["a line at a time", 1],
  ["runs of 30 lines", 30],
] as const) {
  part(`output buffer: ${name}`, 10_000, () => {
    const out = new OutBuffer(Buffer.alloc(1 << 18));
    for (let at = 0; at < lines.length; at += line.length * run) {
      const to = Math.min(at + line.length * run, lines.length);
      if (out.length + to - at > out.bytes.length) out.length = 0;
      out.copy(lines, linesView, at, to);
    }
  });
}

const shown = results.map(([name, records, time]) => [
  name,
  records.toLocaleString("en"),
  `${time.toFixed(1)} ns`,
]);
process.stdout.write(`${table(["part", "records", "each, median"], shown)}\n`);
