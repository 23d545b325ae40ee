// The synthetic lake: made-up landing data of any size, file by file and chunk by chunk. The same options give
// the same bytes on every machine. Nothing is kept but the chunk that is being built and the place reached, so
// a terabyte takes no more memory than a megabyte.

import { framerFor } from "./framing.js";
import { storedGzip } from "./gzip.js";
import {
  edited,
  framingOf,
  parts,
  partOf,
  partsEvery,
  profileFor,
  sections,
  strayFiles,
  type Section,
} from "./hazards.js";
import { changeCount, customerLine, derivePerson, maxChanges, profileOf, type World } from "./person.js";
import { accelerometerLines, stepTrainerLines } from "./readings.js";

/** What lake to make. */
export interface SyntheticOptions {
  /** How many people, from 1 to 1,000,000,000; a hundred thousand make about 1.1 GB. */
  readonly people: number;
  /** From 0 to 2^53 - 1. Another seed makes other people, with other readings. */
  readonly seed: number;
  /** Whether to sprinkle in the hazards of real files. All kinds occur from 50 people on. */
  readonly messy: boolean;
  /** How large files may get, in bytes before any gzip: at least 16 KiB, 64 MiB when absent. */
  readonly fileBytes?: number;
}

/** One file of the lake. */
export interface SyntheticFile {
  /** Below the lake, with `/` between the components. */
  readonly path: string;
  /** Its bytes. They are made while iterating, and made again by every further iteration. */
  readonly chunks: Iterable<Uint8Array>;
}

/** The options of the sample lake: all hazards in less than two megabytes. */
export const samplePreset: SyntheticOptions = Object.freeze({
  people: 120,
  seed: 2024,
  messy: true,
  fileBytes: 64 * 1024,
});

/** About how many bytes of landing files there are for each person, all tables together. */
export const bytesPerPerson = 11_300;

const maxPeople = 1_000_000_000;
const minFileBytes = 16 * 1024;
const defaultFileBytes = 64 * 1024 * 1024;

// Chunks are given out when they are at least half full; one person's records take some 30 KB at most.
const chunkBytes = 256 * 1024;

/** A table: its name, which is also the beginning of its file names, and its records. */
interface Table {
  readonly name: "customer" | "accelerometer" | "step_trainer";
  /**
   * How often the people are gone through. Customers' files have the first snapshot of everybody, then the
   * second of everybody who has one, and so on: a withdrawal stands far from the consent that it ends.
   */
  readonly rounds: number;
  /** The records of a person in a round, one a line; empty when there are none. */
  readonly lines: (world: World, index: number, round: number) => string;
}

const tables: readonly Table[] = [
  {
    name: "customer",
    rounds: maxChanges,
    lines: (world, index, round) =>
      round < changeCount(world, index) ? customerLine(derivePerson(world, index), round) : "",
  },
  {
    name: "accelerometer",
    rounds: 1,
    lines: (world, index) => accelerometerLines(world, derivePerson(world, index)),
  },
  {
    name: "step_trainer",
    rounds: 1,
    lines: (world, index) => stepTrainerLines(world, derivePerson(world, index)),
  },
];

/**
 * The people of a section, in order: a function from a number to the first of them with at least that number.
 * Past the last one, it gives any number beyond the lake.
 */
type People = (index: number) => number;

/** The people whose part is played in a section; the regular section also has all those without a part. */
function peopleOf(section: Section): People {
  if (section === "regular") {
    return (index) => {
      let next = index;
      for (let part = partOf(next); part !== undefined && part.section !== section; part = partOf(next))
        next++;
      return next;
    };
  }
  const places = parts.flatMap((part, place) => (part.section === section ? [place] : []));
  return (index) => {
    const turn = Math.floor(index / partsEvery);
    const place = places.find((candidate) => candidate >= index % partsEvery);
    return place === undefined ? (turn + 1) * partsEvery + places[0]! : turn * partsEvery + place;
  };
}

/** A section of a table: what a row of files is made from. */
interface Source {
  readonly world: World;
  readonly table: Table;
  readonly section: Section;
  readonly people: People;
  readonly messy: boolean;
  readonly fileBytes: number;
}

/** The records of one person in one round, and the place they have in their source. */
interface Block {
  readonly round: number;
  readonly index: number;
  /** One record a line. */
  readonly text: string;
  /** The records without line breaks, when the person plays a part: these may need another framing. */
  readonly lines?: readonly string[];
}

function blockOf(source: Source, round: number, index: number): Block | undefined {
  const text = source.table.lines(source.world, index, round);
  if (text === "") return undefined;
  const part = source.messy ? partOf(index) : undefined;
  if (part === undefined) return { round, index, text };
  const made = text.slice(0, -1).split("\n");
  // Customers' records come one a round, so it is the round that tells the edit which one this is.
  const lines =
    source.table.name === "customer"
      ? edited(made, part.customer, round, part.changes)
      : edited(
          made,
          source.table.name === "accelerometer" ? part.accelerometer : part.stepTrainer,
          0,
          made.length,
        );
  return { round, index, text: `${lines.join("\n")}\n`, lines };
}

/** The first block at a place or after it. */
function blockFrom(source: Source, firstRound: number, firstIndex: number): Block | undefined {
  let index = source.people(firstIndex);
  for (let round = firstRound; round < source.table.rounds; round++) {
    while (index < source.world.people) {
      const block = blockOf(source, round, index);
      if (block !== undefined) return block;
      index = source.people(index + 1);
    }
    index = source.people(0);
  }
  return undefined;
}

/** One file of a section. Its beginning is known; where the next file begins, only a run through it tells. */
class SectionFile implements SyntheticFile {
  readonly path: string;
  readonly chunks: Iterable<Uint8Array>;
  readonly #source: Source;
  readonly #first: Block;
  #next: Block | "unknown" | undefined = "unknown";

  constructor(source: Source, first: Block, number: number) {
    this.path = pathOf(source, number);
    this.#source = source;
    this.#first = first;
    this.chunks = { [Symbol.iterator]: () => this.#bytes() };
  }

  /** The block that the next file begins with. If nobody has read this file to its end, this does. */
  next(): Block | undefined {
    if (this.#next === "unknown") {
      const chunks = this.#text();
      while (chunks.next().done !== true);
    }
    return this.#next === "unknown" ? undefined : this.#next;
  }

  *#bytes(): Generator<Uint8Array> {
    // Copying each person's text into place is twice as fast as joining the texts first.
    let chunk = Buffer.allocUnsafe(chunkBytes);
    let used = 0;
    for (const text of this.#text()) {
      used += chunk.write(text, used, "latin1");
      if (used < chunkBytes / 2) continue;
      yield this.#packed(chunk.subarray(0, used));
      chunk = Buffer.allocUnsafe(chunkBytes); // the one before now belongs to whoever got it
      used = 0;
    }
    if (used > 0) yield this.#packed(chunk.subarray(0, used));
  }

  #packed(chunk: Uint8Array): Uint8Array {
    return this.#source.section === "gzip" ? storedGzip(chunk) : chunk;
  }

  /** The file's text, in pieces of at most one person's records. */
  *#text(): Generator<string> {
    const source = this.#source;
    const framer = framerFor(framingOf(source.section, source.table.name));
    let block: Block | undefined = this.#first;
    let size = 0;
    yield framer.open();
    // Sizes are taken one record a line. Where the framing needs more, files get a little larger.
    while (block !== undefined && (size === 0 || size + block.text.length <= source.fileBytes)) {
      size += block.text.length;
      yield block.lines === undefined ? block.text : framer.records(block.lines);
      block = blockFrom(source, block.round, block.index + 1);
    }
    this.#next = block;
    yield framer.close();
  }
}

function pathOf(source: Source, number: number): string {
  const { name } = source.table;
  const digits = String(number).padStart(3, "0");
  switch (source.section) {
    case "regular":
      return `${name}/landing/${name}-${digits}.json`;
    case "older":
      return `${name}/landing/older/${name}-${digits}.json`;
    case "gzip":
      return `${name}/landing/${name}-gzip-${digits}.json.gz`;
    case "array":
    case "crlf":
    case "mixed":
    case "nul":
    case "pretty":
      return `${name}/landing/${name}-${source.section}-${digits}.json`;
  }
}

function* filesOf(source: Source): Generator<SyntheticFile> {
  let first = blockFrom(source, 0, 0);
  for (let number = 0; first !== undefined; number++) {
    const file = new SectionFile(source, first, number);
    yield file;
    first = file.next();
  }
}

function* lakeFiles(options: SyntheticOptions): Generator<SyntheticFile> {
  const { people, seed, messy, fileBytes = defaultFileBytes } = options;
  const world: World = {
    seed,
    people,
    profile(index) {
      const part = messy ? partOf(index) : undefined;
      return part === undefined ? profileOf(index) : profileFor(part);
    },
  };
  for (const table of tables) {
    const common = { world, table, messy, fileBytes };
    if (!messy) {
      yield* filesOf({ ...common, section: "regular", people: (index) => index });
      continue;
    }
    for (const section of sections) yield* filesOf({ ...common, section, people: peopleOf(section) });
    for (const { path, text } of strayFiles(table.name)) {
      yield { path, chunks: text === "" ? [] : [Buffer.from(text, "latin1")] };
    }
  }
}

function check(name: string, value: number, low: number, high: number): void {
  if (Number.isSafeInteger(value) && value >= low && value <= high) return;
  throw new RangeError(`${name} must be an integer from ${low} to ${high}`);
}

/**
 * The files of a synthetic lake, made while iterating: customers first, then accelerometer, then step trainer.
 * A file's chunks may be read at once, later, more than once or never; reading each file before asking for the
 * next is the fastest.
 * @throws RangeError when an option is out of range
 */
export function syntheticLake(options: SyntheticOptions): Iterable<SyntheticFile> {
  check("people", options.people, 1, maxPeople);
  check("seed", options.seed, 0, Number.MAX_SAFE_INTEGER);
  if (options.fileBytes !== undefined) {
    check("fileBytes", options.fileBytes, minFileBytes, Number.MAX_SAFE_INTEGER);
  }
  return { [Symbol.iterator]: () => lakeFiles(options) };
}
