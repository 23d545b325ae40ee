// The build side of the join: what is probed for is found, in the order it came, by either way and in any thread, and
// nothing else is.

import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { viewOf } from "../../src/transforms/words-copy.js";
import {
  JoinTable,
  type JoinTableMemory,
  type People,
  segmentWidth,
} from "../../src/transforms/join-table.js";
import { framed, MiB, utf8 } from "../io/support.js";
import { segmentsOf } from "../support/segments.js";
import { at } from "../reference/helpers.js";

const seed = 0x12345678;
const chunk = 4 * MiB;
/** How many segments go into one piece of memory. */
const segmentsOfChunk = 65_536;
const twoTo32 = 2 ** 32;

function add(table: JoinTable, time: number, person: number, text: string): void {
  const bytes = framed(utf8(text));
  table.addRows(time, person, bytes, viewOf(bytes), 0, bytes.length);
}

function tableOf(rows: readonly (readonly [time: number, person: number, text: string])[]): JoinTable {
  const table = new JoinTable(seed);
  for (const [time, person, text] of rows) add(table, time, person, text);
  return table;
}

/** The texts found for a time and some people; everybody where they are left out. */
function probe(table: JoinTable, time: number, people?: readonly number[] | People): string[] {
  const found = [-7]; // what a probe before left behind
  table.probe(time, found, people && ("list" in people ? people : { list: people }));
  return found.flatMap((segment) =>
    Array.from(table.textsOf(segment), (text) => Buffer.from(text).toString()),
  );
}

const range = (length: number): number[] => Array.from({ length }, (_, number) => number);

describe("a probe for people", () => {
  const rows: [number, number, string][] = [
    [at(1), 0, "a"],
    [at(1), 0, "b"],
    [at(1), 1, "c"],
    [at(2), 0, "d"],
    [at(1), 0, "e"],
    [at(1) + twoTo32, 0, "f"],
    [at(1), 0, "g"],
  ];
  const make = (): JoinTable => tableOf(rows);

  it("finds the rows of a person and an instant, in the order they came", () => {
    const table = make();
    expect(probe(table, at(1), [0])).toEqual(["a", "b", "e", "g"]);
    expect(probe(table, at(1), [1])).toEqual(["c"]);
    expect(probe(table, at(2), [0])).toEqual(["d"]);
    expect(probe(table, at(2), [1])).toEqual([]);
    expect(probe(table, at(3), [0])).toEqual([]);
  });

  it("finds those of several people in the order they came, not in that of the people", () => {
    const table = make();
    expect(probe(table, at(1), [0, 1])).toEqual(["a", "b", "c", "e", "g"]);
    expect(probe(table, at(1), [1, 0])).toEqual(["a", "b", "c", "e", "g"]);
  });

  it("finds nothing for nobody, or for one without readings", () => {
    const table = make();
    expect(probe(table, at(1), [])).toEqual([]);
    expect(probe(table, at(1), [-1])).toEqual([]);
    expect(probe(table, at(1), [-1, 1])).toEqual(["c"]);
  });

  it("tells instants apart that are 2^32 milliseconds apart", () => {
    const table = make();
    expect(probe(table, at(1) + twoTo32, [0])).toEqual(["f"]);
    expect(probe(table, at(1) - twoTo32, [0])).toEqual([]);
  });

  it("needs rows to be there", () => {
    const empty = new JoinTable(seed);
    expect(probe(empty, at(1), [0])).toEqual([]);
    empty.indexInstants();
    expect(probe(empty, at(1))).toEqual([]);
    expect(probe(empty, at(1), range(20))).toEqual([]);
  });
});

describe("a probe for everybody", () => {
  const make = (): JoinTable => {
    const table = tableOf([
      [at(1), 0, "a"],
      [at(1), 1, "b"],
      [at(2), 1, "c"],
      [at(1), 0, "d"],
      [at(1) + twoTo32, 0, "e"],
    ]);
    table.indexInstants();
    return table;
  };

  it("finds the rows of an instant, in the order they came", () => {
    const table = make();
    expect(probe(table, at(1))).toEqual(["a", "b", "d"]);
    expect(probe(table, at(2))).toEqual(["c"]);
    expect(probe(table, at(1) + twoTo32)).toEqual(["e"]);
    expect(probe(table, at(3))).toEqual([]);
    expect(probe(table, at(2) + twoTo32)).toEqual([]);
  });

  it("has instants indexed once", () => {
    const table = make();
    const { slots } = table.memory.index.instants!;
    table.indexInstants();
    expect(table.memory.index.instants!.slots).toBe(slots);
  });
});

describe("the way of a probe", () => {
  // People are made a set only on the way by the instant.
  const byInstant = (table: JoinTable, time: number, count: number): boolean => {
    const people: People = { list: range(count) };
    probe(table, time, people);
    return people.set !== undefined;
  };
  const make = (indexed: boolean): JoinTable => {
    const table = tableOf([
      ...range(10).map((person): [number, number, string] => [at(1), person, "a"]),
      [at(2), 0, "b"],
    ]);
    if (indexed) table.indexInstants();
    return table;
  };

  it("is by the people where instants are not indexed", () => {
    const table = make(false);
    expect(byInstant(table, at(2), 20)).toBe(false);
  });

  it("is by the shorter of the two, or by the people where they are few", () => {
    const table = make(true);
    expect(byInstant(table, at(2), 7)).toBe(false);
    expect(byInstant(table, at(2), 8)).toBe(true);
    expect(byInstant(table, at(1), 9)).toBe(false);
    expect(byInstant(table, at(1), 10)).toBe(false);
    expect(byInstant(table, at(1), 11)).toBe(true);
  });

  it("makes no difference to what is found", () => {
    const table = make(true);
    expect(probe(table, at(1), range(9))).toEqual(Array(9).fill("a"));
    expect(probe(table, at(1), range(11))).toEqual(Array(10).fill("a"));
    expect(
      probe(
        table,
        at(1),
        range(12).map((person) => person + 5),
      ),
    ).toEqual(Array(5).fill("a"));
    expect(probe(table, at(2), range(12))).toEqual(["b"]);
  });

  it("has the people made a set once", () => {
    const table = make(true);
    const people: People = { list: range(12) };
    probe(table, at(2), people);
    const { set } = people;
    probe(table, at(2), people);
    expect(people.set).toBe(set);
  });
});

describe("the texts of a segment", () => {
  it("are those of rows that follow each other, of one person and instant", () => {
    const table = tableOf([
      [at(1), 0, "a"],
      [at(1), 0, ""],
      [at(1), 0, "b"],
      [at(1), 1, "c"],
      [at(1) + twoTo32, 1, "d"],
      [at(2), 1, "e"],
    ]);
    const texts = range(4).map((segment) =>
      Array.from(table.textsOf(segment), (text) => Buffer.from(text).toString()),
    );
    expect(texts).toEqual([["a", "", "b"], ["c"], ["d"], ["e"]]);
    expect(table.memory.count).toBe(4);
  });

  it("stand in their chunk with their lengths plus 1 as varints, and a zero at the end", () => {
    const [x, y] = ["x".repeat(126), "y".repeat(127)] as const;
    const table = tableOf([
      [at(1), 0, x],
      [at(1), 0, y],
      [at(2), 0, "z"],
    ]);
    const bytes = [...table.chunkOf(0).subarray(table.placeOf(0), table.placeOf(1) + 3)];
    expect(bytes).toEqual([127, ...utf8(x), 0x80, 1, ...utf8(y), 0, 2, 0x7a, 0]);
    expect(table.chunkOf(1)).toBe(table.chunkOf(0));
  });

  it("come back whole, whatever their length", () => {
    const lengths = [
      0,
      1,
      125,
      126,
      127,
      128,
      16_382,
      16_383,
      16_384,
      2_097_150,
      2_097_151,
      2_097_152,
      5 * MiB,
      3,
    ];
    const rows = lengths.map((length, index): [number, number, string] => [
      at(1 + (index >> 1)),
      0,
      String.fromCharCode(97 + index).repeat(length),
    ]);
    const table = tableOf(rows);
    for (const time of new Set(rows.map(([when]) => when))) {
      const expected = rows.flatMap(([when, , text]) => (when === time ? [text] : []));
      expect(probe(table, time, [0]).map((text) => text.length)).toEqual(expected.map((text) => text.length));
      expect(probe(table, time, [0]).every((text, index) => text === expected[index])).toBe(true);
    }
  });

  it("are the same when rows come together", () => {
    const alone = tableOf([
      [at(1), 0, "a"],
      [at(2), 0, "b"],
      [at(2), 0, "cd"],
      [at(2), 0, "e".repeat(200)],
      [at(3), 0, "f"],
    ]);
    const together = tableOf([[at(1), 0, "a"]]);
    const texts = [2, 0x62, 3, 0x63, 0x64, 0xc9, 0x01, ...range(200).map(() => 0x65)];
    const bytes = Uint8Array.from([9, ...texts, 9]);
    together.addRows(at(2), 0, bytes, new DataView(bytes.buffer), 1, bytes.length - 1);
    add(together, at(3), 0, "f");
    expect(together.memory).toEqual(alone.memory);
  });

  it("may go on in the next chunk", () => {
    const table = tableOf(range(9).map((index) => [at(1), 0, String(index).repeat(MiB)]));
    expect(table.memory.texts.length).toBe(3);
    expect(probe(table, at(1), [0]).map((text) => [text[0], text.length])).toEqual(
      range(9).map((index) => [String(index), MiB]),
    );
  });

  it("fill a chunk but for a few bytes", () => {
    const first = "a".repeat(1_000_000); // and three bytes for its length, four for the other one
    const room = chunk - 1_000_003 - 4 - 6;
    for (const person of [0, 1]) {
      const texts = (length: number): number => {
        const table = tableOf([
          [at(1), 0, first],
          [at(1), person, "b".repeat(length)],
          [at(2), 0, "c"],
        ]);
        expect(probe(table, at(1), [person]).at(-1)!.length).toBe(length);
        expect(probe(table, at(2), [0])).toEqual(["c"]);
        return table.chunkOf(0) === table.chunkOf(table.memory.count - 2) ? 1 : 2;
      };
      expect(texts(room)).toBe(1);
      expect(texts(room + 1)).toBe(2);
    }
  });

  it("longer than a chunk have one of their own", () => {
    const table = tableOf([
      [at(1), 0, "a".repeat(chunk)],
      [at(1), 0, "b"],
    ]);
    expect(table.memory.texts.map((each) => each.byteLength)).toEqual([chunk + 10, chunk]);
    expect(probe(table, at(1), [0]).map((text) => text.length)).toEqual([chunk, 1]);
  });
});

describe("a table", () => {
  it("has the size of its memory", () => {
    const table = new JoinTable(seed);
    const size = (): number => {
      const { segments, texts, slots } = table.memory;
      return [...segments, ...texts, slots].reduce((sum, { byteLength }) => sum + byteLength, 0);
    };
    expect(table.bytes).toBe(4096);
    for (const person of range(3000)) add(table, at(1), person, "a");
    expect(table.bytes).toBe(size());
    add(table, at(1), 1, "a".repeat(chunk));
    expect(table.bytes).toBe(size());
    expect(table.memory.texts.length).toBe(2);
  });

  it("has a third of its slots free, however many segments there are", () => {
    const slots = (rows: number, people: number): number =>
      tableOf(range(rows).map((row) => [at(0), row % people, "a"])).memory.slots.byteLength / 4;
    expect([1, 682, 683, 1365, 1366].map((rows) => slots(rows, rows))).toEqual([
      1024, 1024, 2048, 2048, 4096,
    ]);
    expect(slots(3000, 2)).toBe(8192);
  });

  it("may be probed, grow, and be probed again", () => {
    const table = new JoinTable(seed);
    for (const row of range(3000)) {
      add(table, at(row % 1000), row % 2, String(row));
      if (row % 300 === 0) expect(probe(table, at(row % 1000), [row % 2]).at(-1)).toBe(String(row));
    }
    expect(probe(table, at(7), [1])).toEqual(["7", "1007", "2007"]);
    expect(probe(table, at(8), [0])).toEqual(["8", "1008", "2008"]);
  });

  it("has an index of instants with a third of it free", () => {
    const slots = (rows: number): number => {
      const table = tableOf(range(rows).map((row) => [at(row), 0, "a"]));
      table.indexInstants();
      return table.memory.index.instants!.slots.byteLength / 4;
    };
    expect([1, 682, 683, 1365, 1366].map(slots)).toEqual([1024, 1024, 2048, 2048, 4096]);
  });

  it("may have more segments than go into one piece of memory", () => {
    const table = new JoinTable(seed);
    const count = segmentsOfChunk + 10;
    for (const row of range(count)) add(table, at(row), row % 3, String(row));
    expect(table.memory.segments.length).toBe(2);
    table.indexInstants();
    for (const row of [0, 1, segmentsOfChunk - 1, segmentsOfChunk, segmentsOfChunk + 1, count - 1]) {
      expect(probe(table, at(row), [row % 3])).toEqual([String(row)]);
      expect(probe(table, at(row))).toEqual([String(row)]);
      expect(probe(table, at(row), [(row + 1) % 3])).toEqual([]);
    }
    expect(probe(table, at(count))).toEqual([]);
  });

  it("takes no more pieces of memory than its segments need", () => {
    const table = new JoinTable(seed);
    for (const row of range(segmentsOfChunk)) add(table, at(row), 0, "");
    expect(table.memory.segments.length).toBe(1);
  });

  it("takes no more texts than it can tell the places of", () => {
    const { memory } = tableOf([[at(1), 0, "a"]]);
    const withChunks = (count: number): JoinTable =>
      JoinTable.of({ ...memory, texts: range(count).map(() => memory.texts[0]!) });
    const last = withChunks(1023);
    add(last, at(2), 0, "b");
    expect(probe(last, at(1), [0])).toEqual(["a"]);
    expect(probe(last, at(2), [0])).toEqual(["b"]);
    const refusal = new RangeError("a join table holds at most 4 GiB of texts");
    expect(() => add(withChunks(1024), at(2), 0, "b")).toThrow(refusal);
  });

  it("tells instants apart that are 2^32 milliseconds apart, however many there are", () => {
    const times = range(2000).map((row) => at(row >> 1) + (row % 2) * twoTo32);
    const table = tableOf(times.map((time) => [time, 0, String(time)]));
    const found = (people?: readonly number[]): string[] =>
      times.flatMap((time) => probe(table, time, people));
    expect(found([0])).toEqual(times.map(String));
    table.indexInstants();
    expect(found([0])).toEqual(times.map(String));
    expect(found()).toEqual(times.map(String));
  });

  it("lies otherwise in memory under another seed", () => {
    const layout = (secret: number, time: number): Int32Array => {
      const table = new JoinTable(secret);
      for (const row of range(300)) add(table, time + row, row % 7, "a");
      return new Int32Array(table.memory.slots);
    };
    expect(layout(1, at(0))).toEqual(layout(1, at(0)));
    expect(layout(1, at(0))).not.toEqual(layout(2, at(0)));
  });

  it.each([1, 10, 1000, 1024, 65_536, twoTo32 / 4])(
    "is spread over its slots by instants that are %d milliseconds apart",
    (step) => {
      const table = tableOf(range(700).map((row) => [at(0) + row * step, row % 2, "a"]));
      let [longest, run] = [0, 0];
      for (const slot of new Int32Array(table.memory.slots)) {
        run = slot === 0 ? 0 : run + 1;
        longest = Math.max(longest, run);
      }
      // Of 700 in 1024 slots, chance makes runs of some dozens.
      expect(longest).toBeLessThan(150);
    },
  );
});

describe("another thread's table", () => {
  const rows: [number, number, string][] = range(2000).map((row) => [
    at(row % 50),
    row % 3,
    row % 500 ? `text ${row}` : "x".repeat(MiB),
  ]);
  const probes = (of: JoinTable, everybody: boolean): unknown =>
    range(51).map((time) => [
      probe(of, at(time), [0, 2]),
      ...(everybody ? [probe(of, at(time)), probe(of, at(time), range(40))] : []),
    ]);

  it("finds the same, with the instants indexed or not", () => {
    const table = tableOf(rows);
    const plain = JoinTable.of(table.memory);
    expect(table.memory.index.instants).toBeUndefined();
    expect(probes(plain, false)).toEqual(probes(table, false));
    table.indexInstants();
    expect(probes(JoinTable.of(table.memory), true)).toEqual(probes(table, true));
    plain.indexInstants();
    expect(probes(plain, true)).toEqual(probes(table, true));
    expect(plain.bytes).toBe(table.bytes);
  });

  it.each([false, true])("may be indexed for it, instants too: %s", (instants) => {
    const own = tableOf(rows);
    const table = tableOf(rows);
    // Some are in it already, and have to be moved as it grows.
    expect(probe(table, at(1), [0])).toEqual(probe(own, at(1), [0]));
    for (const each of [own, table]) {
      for (const row of range(2000)) add(each, at(row % 1000), 5 + (row % 2), `more ${row}`);
    }
    const { index, slots } = ((): JoinTableMemory => {
      const memory = table.unindexed;
      return { ...memory, index: JoinTable.of(memory).indexAll(instants) };
    })();
    table.indexedBy(index);
    expect(table.memory.slots).toBe(slots);
    expect(table.memory.index.instants === undefined).toBe(!instants);
    if (instants) own.indexInstants();
    expect(probes(table, instants)).toEqual(probes(own, instants));
    for (const person of [5, 6]) expect(probe(table, at(7), [person])).toEqual(probe(own, at(7), [person]));
    expect(probes(JoinTable.of(table.memory), instants)).toEqual(probes(own, instants));
    expect(table.bytes).toBe(own.bytes);
  });
});

describe("any table", () => {
  const person = fc.integer({ min: 0, max: 12 });
  const time = fc
    .tuple(fc.integer({ min: 0, max: 6 }), fc.constantFrom(0, 0, twoTo32, 2 * twoTo32))
    .map(([small, large]) => at(small) + large);
  const rows = fc.array(
    fc.record({ time, person, times: fc.constantFrom(1, 1, 1, 2, 3), length: fc.nat(300) }),
    { maxLength: 150 },
  );
  const asked = fc.uniqueArray(fc.integer({ min: -1, max: 14 }), { maxLength: 15 });

  interface Given {
    readonly time: number;
    readonly person: number;
    readonly times: number;
    readonly length: number;
  }

  /** Fills a table, and compares what it gives with what a search of all rows gives. */
  function fillAndProbe(
    table: JoinTable,
    given: readonly Given[],
    wanted: readonly (readonly [number, number[]])[],
  ): void {
    const list = given.flatMap(({ times, length, ...row }, index) =>
      range(times).map((turn) => ({ ...row, text: `${index}.${turn}${"x".repeat(length)}` })),
    );
    for (const row of list) add(table, row.time, row.person, row.text);
    const expected = (when: number, who?: readonly number[]): string[] =>
      list.flatMap((row) => (row.time === when && (!who || who.includes(row.person)) ? [row.text] : []));
    for (const [when, who] of wanted) expect(probe(table, when, who)).toEqual(expected(when, who));
    table.indexInstants();
    for (const [when, who] of wanted) {
      expect(probe(table, when, who)).toEqual(expected(when, who));
      expect(probe(table, when)).toEqual(expected(when));
    }
  }

  it("gives for a probe what a search of all rows gives", () => {
    fc.assert(
      fc.property(
        rows,
        fc.array(fc.tuple(time, asked), { maxLength: 12 }),
        fc.integer(),
        (given, wanted, secret) => {
          fillAndProbe(new JoinTable(secret), given, wanted);
        },
      ),
    );
  });

  it("gives the same where it has been cleared, whatever it held before", () => {
    fc.assert(
      fc.property(
        fc.array(rows, { minLength: 2, maxLength: 4 }),
        fc.array(fc.tuple(time, asked), { maxLength: 12 }),
        fc.integer(),
        (fillings, wanted, secret) => {
          const table = new JoinTable(secret);
          for (const [turn, given] of fillings.entries()) {
            table.clear(secret + turn);
            fillAndProbe(table, given, wanted);
          }
        },
      ),
    );
  });

  it("is filled anew in the memory that it has", () => {
    const table = new JoinTable(seed);
    const fill = (count: number, length: number): void => {
      table.clear(seed);
      for (const row of range(count)) add(table, at(row), row % 3, `${row}`.padEnd(length, "x"));
      for (const row of [0, 1, count - 1])
        expect(probe(table, at(row), [row % 3])).toEqual([`${row}`.padEnd(length, "x")]);
    };
    fill(segmentsOfChunk + 10, 200);
    const { bytes } = table;
    fill(100, 20);
    fill(segmentsOfChunk + 10, 200);
    expect(table.bytes).toBe(bytes);
    fill(3, chunk);
    expect(table.bytes).toBeGreaterThan(bytes);
  });
});

describe("all rows", () => {
  it("come in the order in which they were added, those too that are added meanwhile", () => {
    const table = new JoinTable(seed);
    const added: string[] = [];
    const row = (time: number, person: number): void => {
      added.push(`${time} ${person} ${added.length}`);
      add(table, time, person, String(added.length - 1));
    };
    for (const time of [at(1), at(1) + twoTo32, at(2)]) for (const person of [0, 0, 1]) row(time, person);
    const seen: string[] = [];
    const parts = table.forEach((time, person, bytes, _view, from, to) => {
      // Each text is shorter than 127 bytes.
      for (let at = from; at < to; at += bytes[at]!) {
        const text = bytes.subarray(at + 1, at + bytes[at]!);
        seen.push(`${time} ${person} ${Buffer.from(text).toString()}`);
      }
    });
    const work = parts[Symbol.iterator]();
    let count = 0;
    while (!work.next().done) {
      count++;
      // To the last segment, and in one of its own.
      if (count < 6) row(at(2), 1);
      if (count === 3) row(at(3), 1);
    }
    expect(seen).toEqual(added);
    // There are eight segments by now.
    expect(count).toBe(7);
  });
});

/** What of its memory is in use. */
function contentOf(table: JoinTable): unknown {
  const { count, segments, texts, slots, index } = table.memory;
  const numbers = Buffer.concat(
    segments.map(({ buffer, byteOffset, byteLength }) => Buffer.from(buffer, byteOffset, byteLength)),
  ).subarray(0, 4 * segmentWidth * count);
  const hash = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");
  return [
    count,
    hash(numbers),
    texts.map(hash),
    hash(Buffer.from(slots)),
    index.earlier.map(Boolean),
    table.bytes,
  ];
}

describe("segments that are added together", () => {
  const arbRow = fc.tuple(
    fc.constantFrom(at(1), at(2), at(1) + twoTo32),
    fc.integer({ min: 0, max: 1 }),
    fc
      .tuple(fc.constantFrom("a", "b", "c"), fc.integer({ min: 0, max: 300 }))
      .map(([text, times]) => text.repeat(times)),
  );
  const both = (parts: readonly (readonly (readonly [number, number, string])[])[]): void => {
    const together = new JoinTable(seed);
    for (const part of parts) together.addSegments(segmentsOf(part));
    expect(contentOf(together)).toEqual(contentOf(tableOf(parts.flat())));
  };

  it("are the same as their rows one by one", () => {
    fc.assert(fc.property(fc.array(fc.array(arbRow, { maxLength: 20 }), { maxLength: 8 }), both), {
      numRuns: 200,
    });
  });

  it("are the same where chunks are full, or too small for one text", () => {
    // Each of a time of its own: rows of one segment may be cut apart where they come one by one.
    const lengths = fc.array(fc.integer({ min: 0, max: 1_500_000 }), { minLength: 2, maxLength: 7 });
    fc.assert(
      fc.property(fc.array(lengths, { minLength: 1, maxLength: 3 }), (parts) => {
        let time = 0;
        both(parts.map((part) => part.map((length) => [at(time++), 0, "a".repeat(length)] as const)));
      }),
      { numRuns: 25 },
    );
    const fills = (left: number): (readonly [number, number, string])[] => [
      [at(1), 0, "a".repeat(1_000_000)],
      [at(2), 0, "b".repeat(chunk - 1_000_010 - 7 - left)],
    ];
    for (const left of range(24)) {
      both([
        fills(left),
        [
          [at(3), 0, "c"],
          [at(4), 0, "d"],
          [at(5), 0, "e"],
        ],
      ]);
      both([[...fills(left), [at(3), 0, "c"], [at(4), 0, ""], [at(5), 0, "e"]]]);
    }
    const larger = chunk - 6;
    for (const length of [larger, larger + 1, larger + 5, larger + 20])
      both([
        [
          [at(1), 0, "a".repeat(length)],
          [at(2), 0, "b"],
        ],
        [[at(3), 0, "c"]],
      ]);
  });

  it("are the same where there are more than go into one piece of memory", () => {
    const rows = range(segmentsOfChunk + 1000).map((number) => [at(number), 0, "x"] as const);
    both([rows.slice(0, 10), rows.slice(10, segmentsOfChunk + 10), rows.slice(segmentsOfChunk + 10)]);
  });

  it("go into a table that was cleared", () => {
    const table = tableOf([[at(1), 0, "a"]]);
    table.clear(seed);
    table.addSegments(segmentsOf([[at(1), 0, "b"]]));
    expect(probe(table, at(1), [0])).toEqual(["b"]);
  });
});

describe("the places of segments", () => {
  it("are in the chunks that are given with them", () => {
    const table = tableOf([
      [at(1), 0, "a"],
      [at(1), 0, "b"],
      [at(1), 1, "c"],
    ]);
    expect([table.rowsOf(0), table.rowsOf(1)]).toEqual([2, 1]);
    for (const segment of [0, 1]) {
      const [place, view] = [table.placeOf(segment), table.viewOf(segment)];
      expect(view.byteLength).toBe(table.chunkOf(segment).length);
      expect(view.getUint8(place + 1)).toBe(utf8(segment === 0 ? "a" : "c")[0]);
    }
  });
});

it("rows that stand far behind in what they are copied from take no more room", () => {
  const bytes = new Uint8Array(3 * MiB);
  bytes.set([2, 0x61], bytes.length - 2);
  const table = new JoinTable(seed);
  const view = new DataView(bytes.buffer);
  for (const row of range(3)) table.addRows(at(row), 0, bytes, view, bytes.length - 2, bytes.length);
  expect(table.memory.texts.length).toBe(1);
});

it("people of one instant who have their places close together are told apart", () => {
  const people = 600;
  for (const secret of range(8)) {
    const table = new JoinTable(secret);
    for (const turn of range(2))
      for (const person of range(people)) add(table, at(1), person, `${person}.${turn}`);
    for (const person of range(people)) {
      if (probe(table, at(1), [person]).join() !== `${person}.0,${person}.1`)
        throw new Error(`person ${person} is not found, or others are`);
    }
    expect(probe(table, at(1), [people])).toEqual([]);
  }
});

it("what was probed last leads to nobody else's rows", () => {
  // Small numbers stand for people, times, places and links alike.
  const time = fc.constantFrom(0, 1, 5, twoTo32, twoTo32 + 1, twoTo32 + 5);
  const person = fc.integer({ min: 0, max: 6 });
  fc.assert(
    fc.property(
      fc.array(fc.tuple(time, person), { maxLength: 12 }),
      fc.array(fc.tuple(time, person), { minLength: 20, maxLength: 40 }),
      (rows, probes) => {
        const table = tableOf(rows.map(([when, who], row) => [when, who, String(row)]));
        for (const [when, who] of probes) {
          const expected = rows.flatMap((row, number) =>
            row[0] === when && row[1] === who ? [String(number)] : [],
          );
          expect(probe(table, when, [who])).toEqual(expected);
        }
      },
    ),
  );
});
