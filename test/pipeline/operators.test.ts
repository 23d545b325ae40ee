// The steps of a zone one by one: which rows each keeps, in what order, what it counts, and that it waits where the
// step behind it asks to.

import { tmpdir } from "node:os";
import { describe, expect, it, vi } from "vitest";
import { Lookups } from "../../src/pipeline/lookups.js";
import { compileSteps, type StepTally } from "../../src/pipeline/operators.js";
import { landingOf, type Step, type Zone, zone } from "../../src/pipeline/plan.js";
import type { RowSink, Snapshot, Wait } from "../../src/pipeline/row-sink.js";
import {
  accelerometerTrusted,
  customerCurated,
  customerTrusted,
  machineLearningCurated,
  stepTrainerTrusted,
} from "../../src/pipeline/stedi-plan.js";
import { RecordReader } from "../../src/io/table-reader.js";
import { ConsentIndex } from "../../src/transforms/consent.js";
import type { Rules } from "../../src/transforms/policy.js";
import { keyOf } from "../../src/transforms/keys.js";
import { type Row, rowFormat } from "../../src/transforms/rows.js";
import {
  accelerometerLanding,
  fieldIndex,
  customerLanding,
  stepTrainerLanding,
  type TableShape,
} from "../../src/transforms/tables.js";
import { at } from "../reference/helpers.js";
import { accelerationRow, snapshotRow, stepRow } from "../transforms/support.js";

const purpose = "shareWithResearchAsOfDate";
const latest: Rules = { consent: "latest", pair: "person" };
const asOf: Rules = { consent: "as-of", pair: "person" };
const any: Rules = { consent: "any", pair: "person" };

interface Given {
  readonly rules?: Rules;
  /** What the consent index has heard. */
  readonly consent?: ConsentIndex;
  /** The most that a join may hold; left out: anything. */
  readonly budget?: number;
  /** The rows of the tables that are looked up in. */
  readonly tables?: readonly (readonly [TableShape, readonly Row[]])[];
}

interface Outcome {
  readonly rows: readonly Row[];
  readonly filtered: Readonly<Record<string, number>>;
  readonly pairs: number;
  readonly crossPersonPairs: number;
}

function heard(...snapshots: readonly Row[]): ConsentIndex {
  const consent = new ConsentIndex("latest", [purpose], [1, 2]);
  for (const snapshot of snapshots) consent.addSnapshot(snapshot);
  return consent;
}

/** The steps of a zone before a sink; tables are filled once they are made, as in a run. */
function compiled(of: Zone, given: Given, output: RowSink): { sink: RowSink; tally: StepTally } {
  const { rules = latest, consent = heard(), tables = [], budget = Infinity } = given;
  const lookups = new Lookups(consent, { budget, folder: tmpdir() });
  const tally: StepTally = { filtered: new Map(), pairs: 0, crossPersonPairs: 0 };
  const sink = compileSteps(of, { rules, consent, lookups }, tally, output);
  for (const [table, rows] of tables) {
    const filling = lookups.targetOf(table);
    const offers = output.offer && landingOf(table) === customerLanding ? filling.offer : undefined;
    for (const row of rows) {
      const snapshot = offers && snapshotOf(row, consent);
      if (snapshot && snapshot.registration >= 0) void offers(snapshot);
      else void filling.push(row);
    }
  }
  return { sink, tally };
}

/** A customer's row as the record that it came in. */
function snapshotOf(row: Row, consent: ConsentIndex): Snapshot {
  const value = (name: string): string => row[fieldIndex(customerLanding, name)]!;
  const bytes = Buffer.from(`before${formatCustomer(row)}`);
  return {
    registration: consent.registrationOf(keyOf(value("email")), keyOf(value("serialNumber"))),
    at: Number(value("lastUpdateDate")),
    bytes,
    start: "before".length,
    end: bytes.length - 1,
  };
}

const formatCustomer = rowFormat(customerLanding);
const customerReader = new RecordReader(customerLanding);

/** In a run, consent has heard every snapshot before a zone is made of it. */
function heardFirst(of: Zone, rows: readonly Row[]): Given {
  return of.source === customerLanding ? { consent: heard(...rows) } : {};
}

/** What comes of rows; of customers' the same, whether they come as rows or as records. */
async function run(of: Zone, rows: readonly Row[], given: Given = {}): Promise<Outcome> {
  const all = { ...heardFirst(of, rows), ...given };
  const outcome = await runAs("rows", of, rows, all);
  if (landingOf(of) === customerLanding) expect(await runAs("records", of, rows, all)).toEqual(outcome);
  return outcome;
}

async function runAs(
  what: "rows" | "records",
  of: Zone,
  rows: readonly Row[],
  given: Given,
): Promise<Outcome> {
  const kept: Row[] = [];
  let ends = 0;
  const { sink, tally } = compiled(of, given, {
    push: (row) => void kept.push(row),
    ...(what === "records" && {
      offer: ({ bytes, start, end }: Snapshot) => void kept.push(customerReader.row(bytes, start, end)),
    }),
    end: () => {
      ends++;
      return undefined;
    },
  });
  for (const row of rows) {
    if (what === "records" && sink.offer) await sink.offer(snapshotOf(row, given.consent!));
    else await sink.push(row);
  }
  expect(ends).toBe(0);
  await sink.end();
  expect(ends).toBe(1);
  return {
    rows: kept,
    filtered: Object.fromEntries(tally.filtered),
    pairs: tally.pairs,
    crossPersonPairs: tally.crossPersonPairs,
  };
}

const only = (source: TableShape, step: Step): Zone => zone("a_zone", "a/zone", source, [step]);

describe("the latest snapshot of each registration", () => {
  const step: Step = { kind: "latest", purpose, reason: "superseded" };
  const snapshots = only(customerLanding, step);

  it("is kept, wherever it stands", async () => {
    const [old, newer, newest] = [1, 2, 3].map((time) => snapshotRow("p", "s", time, null)) as [
      Row,
      Row,
      Row,
    ];
    for (const rows of [
      [old, newer, newest],
      [newest, old, newer],
      [newer, newest, old],
    ]) {
      const outcome = await run(snapshots, rows);
      expect(outcome.rows).toEqual([newest]);
      expect(outcome.filtered).toEqual({ superseded: 2 });
    }
  });

  it("is looked for by the keys of person and serial number", async () => {
    const rows = [
      snapshotRow("p", "s", 1, 1),
      snapshotRow(" P", "S ", 2, 1),
      snapshotRow("q", "s", 1, 1),
      snapshotRow("p", "t", 1, 1),
    ];
    expect(await run(snapshots, rows)).toMatchObject({ rows: rows.slice(1), filtered: { superseded: 1 } });
  });

  it("comes in landing order, at the place where it stood itself", async () => {
    const [first, second, third] = [
      snapshotRow("p", "s", 1, 1),
      snapshotRow("q", "s", 1, 1),
      snapshotRow("p", "s", 2, 1),
    ];
    expect((await run(snapshots, [first, second, third])).rows).toEqual([second, third]);
    const many = Array.from({ length: 20 }, (_, number) => snapshotRow(`p${number}`, "s", 30 - number, 1));
    expect((await run(snapshots, many)).rows).toEqual(many);
  });

  it("of two that are equal in every field is the first to come", async () => {
    const [first, other, again] = [
      snapshotRow("p", "s", 1, 1),
      snapshotRow("q", "s", 1, 1),
      snapshotRow("p", "s", 1, 1),
    ];
    expect((await run(snapshots, [first, other, again])).rows).toEqual([first, other]);
  });
});

describe("snapshots of registrations that consent", () => {
  const rows = [
    snapshotRow("P ", "s", 2, 2),
    snapshotRow("p", "t", 1, null),
    snapshotRow("q", "s", 1, 1),
    snapshotRow("r", "s", 1, 1),
  ];

  it("are kept by the consent of registration and person", async () => {
    const consent = heard(...rows, snapshotRow("q", "u", 2, null));
    expect(await run(customerTrusted, rows, { consent })).toMatchObject({
      rows: [rows[0], rows[3]],
      filtered: { superseded: 0, no_consent: 2 },
    });
  });

  it("are the latest ones", async () => {
    const both = [snapshotRow("p", "s", 1, 1), snapshotRow("p", "s", 2, 2)];
    expect(await run(customerTrusted, both, { consent: heard(...both) })).toMatchObject({
      rows: [both[1]],
      filtered: { superseded: 1, no_consent: 0 },
    });
  });

  it("are kept so too where the step stands further behind the one that looks for the latest", async () => {
    const steps: Step[] = [
      { kind: "latest", purpose, reason: "superseded" },
      { kind: "known", who: { by: "person", field: "email" }, reason: "unknown" },
      { kind: "consenting", purpose, reason: "no_consent" },
    ];
    const consent = heard(...rows, snapshotRow("q", "u", 2, null));
    const outcome = await run(zone("a_zone", "a/zone", customerLanding, steps), rows, { consent });
    expect(outcome).toMatchObject({ rows: [rows[0], rows[3]], filtered: { unknown: 0, no_consent: 2 } });
  });

  it("are told from others before these are made into rows", async () => {
    const consent = heard(...rows);
    const asked = vi.spyOn(consent, "registrationOf");
    const { rows: kept } = await runAs("rows", customerTrusted, rows, { consent });
    expect(kept).toHaveLength(3);
    // Each is asked about when it comes, and what is kept by the step itself once more.
    expect(asked).toHaveBeenCalledTimes(rows.length + kept.length);
  });

  it("are not asked for where another step follows the latest", async () => {
    const newest: Step = { kind: "latest", purpose, reason: "superseded" };
    const known: Step = { kind: "known", who: { by: "person", field: "email" }, reason: "unknown" };
    for (const rules of [latest, any]) {
      const outcome = await run(zone("a_zone", "a/zone", customerLanding, [newest, known]), rows, {
        consent: heard(...rows),
        rules,
      });
      expect(outcome).toMatchObject({ rows, filtered: { superseded: 0, unknown: 0 } });
    }
  });

  it("are under any those that say yes themselves, each of them", async () => {
    const consent = heard(...rows, snapshotRow("q", "u", 2, null));
    const outcome = await run(customerTrusted, [...rows, rows[0]!], { consent, rules: any });
    expect(outcome.rows).toEqual([rows[0], rows[2], rows[3], rows[0]]);
    expect(outcome.filtered).toEqual({ no_consent: 1 });
  });
});

describe("rows of the known", () => {
  const heardOf = (): ConsentIndex => {
    const consent = heard(snapshotRow("p", "s", 1, null));
    consent.addDamage({ people: new Set(["q"]), serials: new Set(["t"]), isUnknown: false, at: Infinity });
    return consent;
  };

  it("are those of people that some snapshot names, good or damaged", async () => {
    const step: Step = { kind: "known", who: { by: "person", field: "user" }, reason: "unknown" };
    const rows = ["p", "s", " Q", "P"].map((user) => accelerationRow(user, 1));
    expect(await run(only(accelerometerLanding, step), rows, { consent: heardOf() })).toMatchObject({
      rows: [rows[0], rows[2], rows[3]],
      filtered: { unknown: 1 },
    });
  });

  it("are those of serial numbers that some snapshot names, good or damaged", async () => {
    const step: Step = { kind: "known", who: { by: "serial", field: "serialNumber" }, reason: "unknown" };
    const rows = ["s", "p", "T\n"].map((serial) => stepRow(serial, 1));
    expect(await run(only(stepTrainerLanding, step), rows, { consent: heardOf() })).toMatchObject({
      rows: [rows[0], rows[2]],
      filtered: { unknown: 1 },
    });
  });
});

describe("readings of people who share", () => {
  it("are kept by their person's consent to that purpose, over all registrations", async () => {
    const friends = "shareWithFriendsAsOfDate";
    const yes = { [friends]: String(at(1)) };
    const consent = new ConsentIndex("latest", [purpose, friends], [1, 2]);
    consent.addSnapshot(snapshotRow("p", "s", 1, null, yes));
    consent.addSnapshot(snapshotRow("q", "s", 1, null, yes));
    consent.addSnapshot(snapshotRow("q", "t", 2, 2));
    consent.addSnapshot(snapshotRow("r", "t", 1, 1));
    const step: Step = { kind: "sharing", person: "user", purpose: friends, reason: "no_consent" };
    const rows = ["p", "q", "r", "nobody", "P "].map((user) => accelerationRow(user, 1));
    expect(await run(only(accelerometerLanding, step), rows, { consent })).toMatchObject({
      rows: [rows[0], rows[4]],
      filtered: { no_consent: 3 },
    });
  });
});

describe("a semi-join", () => {
  it("keeps rows that have a row with the same key in the table", async () => {
    const step: Step = { kind: "semi-join", table: customerTrusted, on: [["user", "email"]], reason: "none" };
    const rows = ["p", "q", "Q ", "s"].map((user) => accelerationRow(user, 1));
    const tables = [[customerTrusted, [snapshotRow("Q", "s", 1, 1)]]] as const;
    expect(await run(only(accelerometerLanding, step), rows, { tables })).toMatchObject({
      rows: [rows[1], rows[2]],
      filtered: { none: 2 },
    });
  });

  it("on several fields asks for all of them in one row", async () => {
    const on = [
      ["email", "email"],
      ["serialNumber", "serialNumber"],
    ] as const;
    const step: Step = { kind: "semi-join", table: customerTrusted, on, reason: "none" };
    const rows = [
      snapshotRow("p", "s", 1, 1),
      snapshotRow("p", "t", 1, 1),
      snapshotRow("q", "t", 1, 1),
      snapshotRow("q", "s", 1, 1),
    ];
    const tables = [[customerTrusted, [rows[0]!, rows[2]!]]] as const;
    expect(await run(only(customerLanding, step), rows, { tables })).toMatchObject({
      rows: [rows[0], rows[2]],
      filtered: { none: 2 },
    });
  });
});

describe("customers' records", () => {
  const newest: Step = { kind: "latest", purpose, reason: "superseded" };
  const consenting: Step = { kind: "consenting", purpose, reason: "no_consent" };
  const matching = (table: TableShape, left: string, right: string): Step => ({
    kind: "semi-join",
    table,
    on: [[left, right]],
    reason: "none",
  });

  /** What is kept of customers' records by steps that must not make rows of them. */
  async function keptOf(steps: readonly Step[], rows: readonly Row[], given: Given): Promise<readonly Row[]> {
    const kept: Row[] = [];
    const { sink } = compiled(zone("a_zone", "a/zone", customerLanding, steps), given, {
      push: () => {
        throw new Error("a row was made");
      },
      offer: ({ bytes, start, end }) => void kept.push(customerReader.row(bytes, start, end)),
      end: () => undefined,
    });
    for (const row of rows) await sink.offer!(snapshotOf(row, given.consent!));
    await sink.end();
    return kept;
  }

  const rows = [
    snapshotRow("p", "s", 1, 1),
    // From here on people have other numbers than serial numbers.
    snapshotRow("p", "w", 1, 1),
    snapshotRow("q", "t", 1, 1),
    snapshotRow("r", "u", 1, null),
    snapshotRow("t", "p", 1, 1),
  ];

  it("pass by their registrations through the steps that go by these alone", async () => {
    const given = {
      consent: heard(...rows),
      tables: [
        [accelerometerTrusted, ["P", "r", "x"].map((user) => accelerationRow(user, 1))],
        [stepTrainerTrusted, ["T", "u"].map((serial) => stepRow(serial, 1))],
      ] as const,
    };
    const byPerson = matching(accelerometerTrusted, "email", "user");
    const bySerial = matching(stepTrainerTrusted, "serialNumber", "serialNumber");
    expect(await keptOf([byPerson], rows, given)).toEqual([rows[0], rows[1], rows[3]]);
    expect(await keptOf([bySerial], rows, given)).toEqual([rows[2], rows[3]]);
    expect(await keptOf([newest, byPerson, consenting], rows, given)).toEqual([rows[0], rows[1]]);
    expect(await keptOf([newest, byPerson, bySerial], rows, given)).toEqual([rows[3]]);
  });

  it("do so too where a key was told before any snapshot had named it", async () => {
    for (const [step, told] of [
      [matching(accelerometerTrusted, "email", "user"), [accelerometerTrusted, [accelerationRow("q", 1)]]],
      [matching(stepTrainerTrusted, "serialNumber", "serialNumber"), [stepTrainerTrusted, [stepRow("T", 1)]]],
    ] as const) {
      const kept: Row[] = [];
      const given: Given = { consent: heard(rows[0]!), tables: [told] };
      const { sink } = compiled(only(customerLanding, step), given, {
        push: (row) => void kept.push(row),
        offer: ({ bytes, start, end }) => void kept.push(customerReader.row(bytes, start, end)),
        end: () => undefined,
      });
      for (const row of rows) given.consent!.addSnapshot(row);
      for (const row of rows) await sink.offer!(snapshotOf(row, given.consent!));
      expect(kept).toEqual([rows[2]]);
    }
  });

  it("are made into rows for a step that compares another thing, or more", async () => {
    const given = {
      consent: heard(...rows),
      tables: [[stepTrainerTrusted, ["s", "t"].map((serial) => stepRow(serial, 1))]] as const,
    };
    const crossed = only(customerLanding, matching(stepTrainerTrusted, "email", "serialNumber"));
    expect(compiled(crossed, given, nowhere).sink.offer).toBeUndefined();
    expect(await run(crossed, rows, given)).toMatchObject({ rows: [rows[4]] });
    const both = only(customerLanding, {
      ...matching(customerTrusted, "email", "email"),
      on: [
        ["email", "email"],
        ["serialNumber", "serialNumber"],
      ],
    } as Step);
    expect(compiled(both, given, nowhere).sink.offer).toBeUndefined();
    const known = only(customerLanding, {
      kind: "known",
      who: { by: "person", field: "email" },
      reason: "none",
    });
    expect(compiled(known, given, nowhere).sink.offer).toBeUndefined();
  });

  it("are made into rows for what takes no records", () => {
    const step = matching(accelerometerTrusted, "email", "user");
    const rowsOnly: RowSink = { push: () => undefined, end: () => undefined };
    expect(compiled(only(customerLanding, step), {}, rowsOnly).sink.offer).toBeUndefined();
  });

  const nowhere: RowSink = { push: () => undefined, offer: () => undefined, end: () => undefined };
});

describe("rows of which every owner has a registration", () => {
  const step: Step = {
    kind: "every-owner",
    serial: "serialNumber",
    table: customerTrusted,
    reason: "shared",
  };
  const shared = only(stepTrainerLanding, step);

  it("are kept, others dropped", async () => {
    const snapshots = [
      snapshotRow("p", "s", 1, 1),
      snapshotRow("q", "s", 1, 1),
      snapshotRow("p", "t", 1, 1),
      snapshotRow("q", "t", 1, null),
    ];
    const tables = [[customerTrusted, snapshots.slice(0, 3)]] as const;
    const rows = ["s", "t", " S", "T"].map((serial) => stepRow(serial, 1));
    expect(await run(shared, rows, { consent: heard(...snapshots), tables })).toMatchObject({
      rows: [rows[0], rows[2]],
      filtered: { shared: 2 },
    });
  });

  it("need the registration of that serial number, not any of that person", async () => {
    const consent = heard(snapshotRow("p", "s", 1, 1), snapshotRow("p", "t", 1, null));
    const tables = [[customerTrusted, [snapshotRow("p", "s", 1, 1)]]] as const;
    expect(await run(shared, [stepRow("t", 1)], { consent, tables })).toMatchObject({
      rows: [],
      filtered: { shared: 1 },
    });
  });

  it("are dropped where an owner is unknown", async () => {
    const consent = heard(snapshotRow("p", "s", 1, 1));
    consent.addDamage({ people: new Set(), serials: new Set(["s"]), isUnknown: true, at: at(1) });
    const tables = [[customerTrusted, [snapshotRow("p", "s", 1, 1)]]] as const;
    expect(await run(shared, [stepRow("s", 1)], { consent, tables })).toMatchObject({
      rows: [],
      filtered: { shared: 1 },
    });
  });

  it("are worked out once for each serial number", async () => {
    const consent = heard(snapshotRow("p", "s", 1, 1));
    const asked = vi.spyOn(consent, "everyOwner");
    await run(
      shared,
      ["s", "t", "s", "t", "S"].map((serial) => stepRow(serial, 1)),
      { consent },
    );
    expect(asked).toHaveBeenCalledTimes(2);
  });
});

describe("readings since the consent", () => {
  const who = { by: "person", field: "user" } as const;
  const ofPerson: Step = { kind: "since", time: "timestamp", who, purpose, reason: "before" };
  const ofOwners: Step = {
    kind: "since",
    time: "sensorReadingTime",
    who: { by: "serial", field: "serialNumber" },
    purpose,
    reason: "before",
  };

  it("are those of a person from the date of their consent on", async () => {
    const consent = heard(snapshotRow("p", "s", 1, 5), snapshotRow("q", "s", 1, 7));
    const rows = [4, 5, 6, 7].flatMap((time) => [accelerationRow("P", time), accelerationRow("q", time)]);
    expect(await run(only(accelerometerLanding, ofPerson), rows, { consent })).toMatchObject({
      rows: [rows[2], rows[4], rows[6], rows[7]],
      filtered: { before: 4 },
    });
  });

  it("are those of a serial number from the last of its owners' dates on", async () => {
    const consent = heard(
      snapshotRow("p", "s", 1, 5),
      snapshotRow("q", "s", 1, 6),
      snapshotRow("p", "t", 1, 4),
    );
    const rows = [4, 5, 6].flatMap((time) => [stepRow("s", time), stepRow("t", time)]);
    expect(await run(only(stepTrainerLanding, ofOwners), rows, { consent })).toMatchObject({
      rows: [rows[3], rows[4], rows[5]],
      filtered: { before: 3 },
    });
  });

  it("have the date looked up once for each key", async () => {
    const consent = heard(snapshotRow("p", "s", 1, 5));
    const asked = vi.spyOn(consent, "personSince");
    const rows = ["p", "q", "p", "P"].map((user) => accelerationRow(user, 6));
    await run(only(accelerometerLanding, ofPerson), rows, { consent });
    expect(asked).toHaveBeenCalledTimes(2);
  });
});

describe("the zones of readings", () => {
  const snapshots = [snapshotRow("p", "s", 1, 5), snapshotRow("q", "t", 1, null)];

  it("drop by the first reason that fits", async () => {
    const tables = [[customerTrusted, [snapshots[0]!]]] as const;
    const rows = ["p", "q", "r"].flatMap((user) => [accelerationRow(user, 4), accelerationRow(user, 5)]);
    const given = { consent: heard(...snapshots), tables };
    expect(await run(accelerometerTrusted, rows, { ...given, rules: asOf })).toMatchObject({
      rows: [rows[1]],
      filtered: { unknown_person: 2, no_consent: 2, before_consent: 1 },
    });
    expect(await run(accelerometerTrusted, rows, given)).toMatchObject({
      rows: [rows[0], rows[1]],
      filtered: { unknown_person: 2, no_consent: 2 },
    });
  });

  it("have the reasons of all their steps in the books, and of no others", async () => {
    expect((await run(stepTrainerTrusted, [])).filtered).toEqual({
      unknown_serial: 0,
      no_consent: 0,
      shared_serial: 0,
      no_readings: 0,
    });
    expect((await run(stepTrainerTrusted, [], { rules: asOf })).filtered).toHaveProperty("before_consent", 0);
    expect((await run(stepTrainerTrusted, [], { rules: any })).filtered).toEqual({
      unknown_serial: 0,
      no_consent: 0,
      no_readings: 0,
    });
  });

  it("without a step hand on every row", async () => {
    const row = stepRow("s", 1);
    expect((await run(zone("a_zone", "a/zone", stepTrainerLanding, []), [row])).rows).toEqual([row]);
  });
});

describe("a join", () => {
  const curated = [
    snapshotRow("p", "s", 1, 1),
    snapshotRow("q", "s", 1, 1),
    snapshotRow("q", "t", 1, 1),
    snapshotRow("r", "u", 1, 1),
  ];
  const readings = [
    accelerationRow("q", 1, "1.50"),
    accelerationRow("P ", 1, "-2"),
    accelerationRow("r", 1, "3"),
    accelerationRow("p", 2, "4"),
    accelerationRow("q", 1, "5"),
  ];
  const tables = [
    [accelerometerTrusted, readings],
    [customerCurated, curated],
  ] as const;
  const joined = (rows: readonly Row[], pair: Rules["pair"] = "person"): Promise<Outcome> =>
    run(machineLearningCurated, rows, { tables, rules: { consent: "latest", pair } });
  const made = (step: Row, xs: readonly string[]): Row[] => xs.map((x) => [...step, x, "0.0", "-1.0"]);

  it("pairs a reading with those of the same time and of a person with its serial number, in their order", async () => {
    const step = stepRow("S", 1);
    expect(await joined([step])).toEqual({
      rows: made(step, ["1.50", "-2", "5"]),
      filtered: { no_pair: 0 },
      pairs: 2,
      crossPersonPairs: 0,
    });
  });

  it("drops a reading without a pair", async () => {
    const rows = [stepRow("s", 3), stepRow("t", 2), stepRow("nobody's", 1), stepRow("u", 1)];
    expect(await joined(rows)).toEqual({
      rows: made(rows[3]!, ["3"]),
      filtered: { no_pair: 3 },
      pairs: 0,
      crossPersonPairs: 0,
    });
  });

  it("comes in the order of the probe side, with every reading as often as it stands there", async () => {
    const [first, second] = [stepRow("s", 2, "7"), stepRow("t", 1, "8")];
    expect(await joined([first, second, first])).toMatchObject({
      rows: [...made(first, ["4"]), ...made(second, ["1.50", "5"]), ...made(first, ["4"])],
      pairs: 1,
    });
  });

  it("by time alone pairs readings of different people too, and counts them", async () => {
    const [ofS, ofT, ofNobody] = [stepRow("s", 1), stepRow("t", 2), stepRow("nobody's", 3)];
    expect(await joined([ofS, ofT, ofNobody], "timestamp")).toEqual({
      rows: [...made(ofS, ["1.50", "-2", "3", "5"]), ...made(ofT, ["4"])],
      filtered: { no_pair: 1 },
      pairs: 3,
      crossPersonPairs: 2,
    });
  });

  it("that holds more than it may is refused, as it cannot spill row by row", async () => {
    const rows = [stepRow("s", 1)];
    await expect(run(machineLearningCurated, rows, { tables, budget: 1 })).rejects.toMatchObject({
      code: "STEDI_JOIN_MEMORY",
      parts: {
        what: "a join holds more than it may, and in a plan like this one it cannot spill",
        where: "accelerometer_trusted",
        next: "allow it more with --memory",
      },
    });
  });

  it("keeps the texts that it takes as they are", async () => {
    const named = zone("named_pairs", "named/pairs", stepTrainerTrusted, [
      {
        kind: "join",
        table: customerCurated,
        time: ["sensorReadingTime", "lastUpdateDate"],
        through: {
          table: customerCurated,
          probe: ["serialNumber", "serialNumber"],
          build: ["email", "email"],
        },
        take: ["customerName", "phone", "registrationDate"],
        reason: "no_pair",
      },
    ]);
    const name = 'Ä "\u0001\n';
    const rows = [snapshotRow("p", "s", 1, 1, { customerName: name, registrationDate: "1600000000000" })];
    const step = stepRow("s", 1);
    const outcome = await run(named, [step], { tables: [[customerCurated, rows]] });
    expect(outcome.rows).toEqual([[...step, name, undefined, "1600000000000"]]);
  });
});

describe("back-pressure", () => {
  /** A sink whose every push has to be waited for until `release` is called. */
  function slow(): { sink: RowSink; seen: string[]; release: () => void } {
    const seen: string[] = [];
    let release: (() => void) | undefined;
    const wait = (): Wait =>
      new Promise<void>((resolve) => {
        release = resolve;
      });
    return {
      sink: {
        push: (row) => {
          seen.push(row[2]!);
          return wait();
        },
        end: () => {
          seen.push("end");
          return undefined;
        },
      },
      seen,
      release: () => release?.(),
    };
  }
  const turn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));
  const semiJoin: Step = {
    kind: "semi-join",
    table: customerTrusted,
    on: [["serialNumber", "serialNumber"]],
    reason: "none",
  };
  const tables = [[customerTrusted, [snapshotRow("p", "s", 1, 1)]]] as const;
  const three = ["1", "2", "3"].map((phone) => snapshotRow(`p${phone}`, "s", 1, 1, { phone }));

  it("passes through a filter, which asks for none itself", async () => {
    const { sink: output, seen, release } = slow();
    const { sink } = compiled(only(stepTrainerLanding, semiJoin), { tables }, output);
    expect(sink.push(stepRow("t", 1, "1"))).toBeUndefined();
    const wait = sink.push(stepRow("s", 1, "2"));
    expect(wait).toBeInstanceOf(Promise);
    release();
    await wait;
    expect(seen).toEqual(["2"]);
    expect(sink.end()).toBeUndefined();
    expect(seen).toEqual(["2", "end"]);
  });

  it("is heeded between the rows that a join makes", async () => {
    const { sink: output, seen, release } = slow();
    const readings = ["1", "2", "3"].map((x) => accelerationRow("p", 1, x));
    const given = {
      tables: [
        [accelerometerTrusted, readings],
        [customerCurated, [snapshotRow("p", "s", 1, 1)]],
      ] as const,
    };
    const rows: string[] = [];
    const { sink } = compiled(machineLearningCurated, given, {
      push: (row) => {
        rows.push(row[3]!);
        return output.push(row);
      },
      end: () => output.end(),
    });
    let done = false;
    const wait = (sink.push(stepRow("s", 1)) ?? Promise.resolve()).then(() => {
      done = true;
    });
    for (const count of [1, 2, 3]) {
      await turn();
      expect(rows.length).toBe(count);
      expect(done).toBe(false);
      release();
    }
    await wait;
    expect(rows).toEqual(["1", "2", "3"]);
    expect(sink.end()).toBeUndefined();
    expect(seen.at(-1)).toBe("end");
  });

  it("is not asked for by a join whose rows are taken at once", () => {
    const given = {
      tables: [
        [accelerometerTrusted, [accelerationRow("p", 1)]],
        [customerCurated, [snapshotRow("p", "s", 1, 1)]],
      ] as const,
    };
    const rows: Row[] = [];
    const output: RowSink = { push: (row) => void rows.push(row), end: () => undefined };
    const { sink } = compiled(machineLearningCurated, given, output);
    expect(sink.push(stepRow("s", 1))).toBeUndefined();
    expect(sink.push(stepRow("s", 2))).toBeUndefined();
    expect(rows.length).toBe(1);
  });

  it("is heeded between the snapshots that are let go at the end", async () => {
    const { sink: output, seen, release } = slow();
    const step: Step = { kind: "latest", purpose, reason: "superseded" };
    const zone = only(customerLanding, step);
    const { sink } = compiled(zone, heardFirst(zone, three), output);
    for (const row of three) expect(sink.push(row)).toBeUndefined();
    expect(seen).toEqual([]);
    const end = sink.end();
    for (const count of [1, 2, 3]) {
      await turn();
      expect(seen.length).toBe(count);
      release();
    }
    await end;
    expect(seen).toEqual(["1", "2", "3", "end"]);
  });

  it("that fails fails what waits for it, and nothing more is handed on", async () => {
    const step: Step = { kind: "latest", purpose, reason: "superseded" };
    const seen: string[] = [];
    const zone = only(customerLanding, step);
    const { sink } = compiled(zone, heardFirst(zone, three), {
      push: (row) => {
        seen.push(row[2]!);
        return row[2] === "2" ? Promise.reject(new Error("disk full")) : Promise.resolve();
      },
      end: () => void seen.push("end"),
    });
    for (const row of three) void sink.push(row);
    await expect(sink.end()).rejects.toThrow("disk full");
    expect(seen).toEqual(["1", "2"]);
  });
});
