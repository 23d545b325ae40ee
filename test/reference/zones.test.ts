// Which rows the five zones hold, in which order, and how the books account for the rest.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { referenceRun, type Pairing, type Policy, type ReferenceBooks } from "../../src/reference/index.js";
import { acceleration, ANY, AS_OF, at, bytes, lake, LATEST, snapshot, step } from "./helpers.js";

describe("customer_trusted", () => {
  it("has one row for each trusted registration, in landing order of the rows", () => {
    const customers = [
      snapshot("p", "s", 3, 3),
      snapshot("q", "s", 1, 1),
      snapshot("p", "t", 3, 2),
      snapshot("p", "s", 1, 1),
      snapshot("q", "s", 2, 2),
      snapshot("r", "s", 1, null),
      "garbage",
    ];
    const { zones, books } = referenceRun(lake(customers), LATEST);
    expect(zones.customer_trusted).toEqual([customers[0], customers[2], customers[4]]);
    expect(books.customer_trusted).toEqual({
      read: 7,
      quarantined: { syntax: 1 },
      filtered: { superseded: 2, no_consent: 1 },
      written: 3,
    });
  });

  it("has every yes, row by row, under any", () => {
    const customers = [snapshot("p", "s", 1, 1), snapshot("p", "s", 2, null), snapshot("p", "s", 3, 3)];
    const { zones, books } = referenceRun(lake(customers), ANY);
    expect(zones.customer_trusted).toEqual([customers[0], customers[2]]);
    expect(books.customer_trusted.filtered).toEqual({ no_consent: 1 });
  });

  const variant = (fields: string, consent = at(1)): string =>
    `{"email":"p","serialNumber":"s","lastUpdateDate":${at(1)},"shareWithResearchAsOfDate":${consent}${fields}}`;

  it.each([
    ["the greater consent date", variant(',"customerName":"z"', at(1)), variant("", at(2))],
    ["a name rather than none", variant(""), variant(',"customerName":""')],
    ["none is as null", variant(',"customerName":null'), variant(',"customerName":""')],
    ["the greater name", variant(',"customerName":"Z"'), variant(',"customerName":"a"')],
    ["the longer name", variant(',"customerName":"a"'), variant(',"customerName":"aa"')],
    [
      "the name greater in bytes",
      variant(',"customerName":"\uffff"'),
      variant(',"customerName":"\u{10000}"'),
    ],
    ["a date rather than none", variant(',"registrationDate":0'), variant(`,"registrationDate":${at(0)}`)],
    [
      "the fields in the order of the table",
      variant(`,"phone":"1","registrationDate":${at(9)}`),
      variant(`,"phone":"2","registrationDate":${at(0)}`),
    ],
    ["the later date", variant(`,"registrationDate":${at(0)}`), variant(`,"registrationDate":${at(1)}`)],
    ["the greater spelling", variant("").replace('"p"', '"P"'), variant("")],
  ])("takes of snapshots with the same date %s", (_, lesser, greater) => {
    const row = (customers: readonly string[]): string[] =>
      referenceRun(lake(customers), LATEST).zones.customer_trusted;
    expect(row([lesser, greater])).toEqual(row([greater]));
    expect(row([greater, lesser])).toEqual(row([greater]));
    expect(row([lesser])).not.toEqual(row([greater]));
  });

  it("takes the first of identical snapshots, even if they came in different spellings", () => {
    const files = lake([
      snapshot("p", "s", 1, 1),
      snapshot("q", "s", 1, 1),
      snapshot("p", "s", 1, 1).replace("{", '{"birthDay":null,'),
    ]);
    expect(referenceRun(files, LATEST).zones.customer_trusted).toEqual([
      snapshot("p", "s", 1, 1),
      snapshot("q", "s", 1, 1),
    ]);
  });
});

describe("accelerometer_trusted", () => {
  it("has the readings of people in customer_trusted, as they came and as often as they came", () => {
    const readings = [
      acceleration(" P", 1),
      acceleration("q", 1),
      acceleration("r", 1),
      acceleration(" P", 1),
    ];
    const files = lake([snapshot("p", "s", 1, 1), snapshot("q", "s", 1, null)], [...readings, "{}"]);
    const { zones, books } = referenceRun(files, LATEST);
    expect(zones.accelerometer_trusted).toEqual([readings[0], readings[3]]);
    expect(books.accelerometer_trusted).toEqual({
      read: 5,
      quarantined: { contract: 1 },
      filtered: { no_consent: 1, unknown_person: 1 },
      written: 2,
    });
  });
});

describe("customer_curated", () => {
  it("has the rows of people with readings", () => {
    const customers = [snapshot("p", "s", 1, 1), snapshot("q", "s", 1, 1), snapshot("p", "t", 1, 1)];
    const { zones, books } = referenceRun(lake(customers, [acceleration("p", 1)]), LATEST);
    expect(zones.customer_curated).toEqual([customers[0], customers[2]]);
    expect(books.customer_curated).toEqual({
      read: 3,
      quarantined: {},
      filtered: { no_readings: 1 },
      written: 2,
    });
  });

  it("has the rows of people with readings from the consent date on, under as-of", () => {
    const files = lake(
      [snapshot("p", "s", 1, 5), snapshot("q", "s", 1, 5)],
      [acceleration("p", 4), acceleration("q", 5)],
    );
    expect(referenceRun(files, AS_OF).zones.customer_curated).toEqual([snapshot("q", "s", 1, 5)]);
  });

  it("has one row for each registration, under any", () => {
    const customers = [
      snapshot("p", "s", 1, 1),
      snapshot("p", "s", 2, 2),
      snapshot("p", "s", 3, null),
      snapshot("q", "s", 1, 1),
      snapshot("q", "s", 2, 1),
    ];
    const { zones, books } = referenceRun(lake(customers, [acceleration("p", 1)]), ANY);
    expect(zones.customer_curated).toEqual([customers[1]]);
    expect(books.customer_curated).toEqual({
      read: 4,
      quarantined: {},
      filtered: { superseded: 2, no_readings: 1 },
      written: 1,
    });
  });
});

describe("step_trainer_trusted", () => {
  const customers = [
    snapshot("p", "alone", 1, 1),
    snapshot("p", "shared", 1, 1),
    snapshot("q", "shared", 1, null),
    snapshot("q", "refused", 1, null),
    snapshot("r", "unread", 1, 1),
    snapshot("p", "together", 1, 1),
    snapshot("r", "together", 1, 1),
  ];
  const steps = ["ALONE", "shared", "refused", "unread", "together", "nobody"].map((serial) =>
    step(serial, 1),
  );

  it("has the readings of serial numbers all of whose owners are trusted", () => {
    const { zones, books } = referenceRun(
      lake(customers, [acceleration("p", 1)], [...steps, '{"x":']),
      LATEST,
    );
    expect(zones.step_trainer_trusted).toEqual([step("ALONE", 1), step("together", 1)]);
    expect(books.step_trainer_trusted).toEqual({
      read: 7,
      quarantined: { truncated: 1 },
      filtered: { shared_serial: 1, no_consent: 1, no_readings: 1, unknown_serial: 1 },
      written: 2,
    });
  });

  it("does not ask the other owners under any", () => {
    const { zones, books } = referenceRun(
      lake([...customers, '{"serialNumber":"alone"}'], [acceleration("p", 1)], steps),
      ANY,
    );
    expect(zones.step_trainer_trusted).toEqual([step("ALONE", 1), step("shared", 1), step("together", 1)]);
    expect(books.step_trainer_trusted.filtered).toEqual({ no_consent: 1, no_readings: 1, unknown_serial: 1 });
  });

  it("does not trust an owner whose own registration of the serial number is withdrawn", () => {
    const files = lake(
      [snapshot("p", "s", 1, 1), snapshot("q", "s", 1, null), snapshot("q", "t", 2, 2)],
      [acceleration("p", 1), acceleration("q", 1)],
      [step("s", 1), step("t", 1)],
    );
    const { zones, books } = referenceRun(files, LATEST);
    expect(zones.accelerometer_trusted).toHaveLength(2);
    expect(zones.step_trainer_trusted).toEqual([step("t", 1)]);
    expect(books.step_trainer_trusted.filtered).toEqual({ shared_serial: 1 });
  });

  it("starts with the last owner's consent date under as-of", () => {
    const files = lake(
      [snapshot("p", "s", 9, 3), snapshot("q", "s", 9, 5)],
      [acceleration("p", 4)],
      [step("s", 4), step("s", 5)],
    );
    const { zones, books } = referenceRun(files, AS_OF);
    expect(zones.step_trainer_trusted).toEqual([step("s", 5)]);
    expect(books.step_trainer_trusted.filtered).toEqual({ before_consent: 1 });
    expect(books.machine_learning_curated.filtered).toEqual({ no_pair: 1 });
  });
});

describe("machine_learning_curated", () => {
  const files = lake(
    [snapshot("p", "s", 1, 1), snapshot("q", "t", 1, 1)],
    [
      acceleration("p", 1, "-1.0"),
      acceleration("q", 1, "2e0"),
      acceleration("p", 2),
      acceleration("p", 1, "3"),
    ],
    [step("t", 1), step("s", 1, "7.50"), step("s", 1), step("s", 3)],
  );
  const row = (serial: string, distance: string, x: string): string =>
    `{"sensorReadingTime":${at(1)},"serialNumber":"${serial}","distanceFromObject":${distance},"x":${x},"y":0.0,"z":-1.0}`;

  it("has a row for each pair of readings of one person at one time", () => {
    const { zones, books, crossPersonPairs } = referenceRun(files, LATEST);
    expect(zones.machine_learning_curated).toEqual([
      row("t", "200", "2e0"),
      row("s", "7.50", "-1.0"),
      row("s", "7.50", "3"),
      row("s", "200", "-1.0"),
      row("s", "200", "3"),
    ]);
    expect(books.machine_learning_curated).toEqual({
      read: 4,
      quarantined: {},
      filtered: { no_pair: 1 },
      written: 5,
      pairs: 2,
    });
    expect(crossPersonPairs).toBe(0);
  });

  it("joins on time alone when asked to, and counts the rows of two people", () => {
    const { zones, books, crossPersonPairs } = referenceRun(files, { consent: "latest", pair: "timestamp" });
    expect(zones.machine_learning_curated).toHaveLength(9);
    expect(zones.machine_learning_curated.slice(0, 3)).toEqual([
      row("t", "200", "-1.0"),
      row("t", "200", "2e0"),
      row("t", "200", "3"),
    ]);
    expect(books.machine_learning_curated).toMatchObject({ filtered: { no_pair: 1 }, written: 9, pairs: 6 });
    expect(crossPersonPairs).toBe(4);
  });
});

describe("for any lake", () => {
  const person = fc.constantFrom("p", "Q", " q", "r");
  const serial = fc.constantFrom("s", "t", "S ");
  const time = fc.nat(3);
  const junk = fc.constantFrom("{}", "junk", '{"email":"r"', '{"serialNumber":"t"}', '{"user":', "{x}{");
  const records = <T extends string>(good: fc.Arbitrary<T>) =>
    fc.array(fc.oneof({ weight: 6, arbitrary: good }, { weight: 1, arbitrary: junk }), { maxLength: 10 });
  const anyLake = fc
    .record({
      customers: records(
        fc.tuple(person, serial, time, fc.option(time, { freq: 4 })).map((parts) => snapshot(...parts)),
      ),
      accelerations: records(fc.tuple(person, time).map((parts) => acceleration(...parts))),
      steps: records(fc.tuple(serial, time).map((parts) => step(...parts))),
      between: fc.constantFrom("\n", "", "\r\n\n"),
    })
    .map(({ customers, accelerations, steps, between }) => {
      const file = (all: readonly string[]): Uint8Array => bytes(all.join(between));
      return new Map([
        ["customer/landing/a.json", file(customers)],
        ["accelerometer/landing/a.json", file(accelerations)],
        ["step_trainer/landing/a.json", file(steps)],
      ]);
    });
  const options = fc.record({
    consent: fc.constantFrom<Policy>("latest", "as-of", "any"),
    pair: fc.constantFrom<Pairing>("person", "timestamp"),
  });

  const sum = (counts: Record<string, number>): number => Object.values(counts).reduce((a, b) => a + b, 0);
  const accounted = (books: ReferenceBooks): number =>
    sum(books.quarantined) + sum(books.filtered) + books.written - (books.pairs ?? 0);

  it("the books balance, and nothing is published of a lake that is not usable", () => {
    fc.assert(
      fc.property(anyLake, options, (files, chosen) => {
        const result = referenceRun(files, chosen);
        for (const books of Object.values(result.books)) expect(accounted(books)).toBe(books.read);
        for (const table of Object.values(result.landing)) {
          expect(table.good + sum(table.quarantined)).toBe(table.read);
        }
        expect(Object.values(result.zones).map((lines) => lines.length)).toEqual(
          Object.values(result.books).map((books) => books.written),
        );
        if (!result.usable) expect(Object.values(result.zones).flat()).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });

  it("the stricter policy lets through no more than the looser one", () => {
    fc.assert(
      fc.property(anyLake, (files) => {
        const [strict, latest, any] = [AS_OF, LATEST, ANY].map((chosen) => referenceRun(files, chosen).zones);
        for (const zone of [
          "accelerometer_trusted",
          "step_trainer_trusted",
          "machine_learning_curated",
        ] as const) {
          expect(latest![zone]).toEqual(expect.arrayContaining(strict![zone]));
          expect(any![zone]).toEqual(expect.arrayContaining(latest![zone]));
        }
      }),
      { numRuns: 300 },
    );
  });
});
