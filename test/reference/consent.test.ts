// Who consents under each policy, and what damage does to it.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { referenceRun, registrationKey, whoConsents } from "../../src/reference/index.js";
import type { ReferenceOptions } from "../../src/reference/index.js";
import { acceleration, ANY, AS_OF, at, bytes, lake, LATEST, snapshot, step } from "./helpers.js";

function people(customers: readonly string[], options: ReferenceOptions = LATEST): string[] {
  return [...whoConsents(lake(customers), options).people].sort();
}

function trusted(customers: readonly string[], options: ReferenceOptions = LATEST): string[] {
  return [...whoConsents(lake(customers), options).trustedRegistrations].sort();
}

describe("the latest word", () => {
  it("decides, wherever it stands", () => {
    expect(people([snapshot("p", "s", 1, 1), snapshot("p", "s", 2, null)])).toEqual([]);
    expect(people([snapshot("p", "s", 2, null), snapshot("p", "s", 1, 1)])).toEqual([]);
    expect(people([snapshot("p", "s", 1, null), snapshot("p", "s", 2, 2)])).toEqual(["p"]);
    expect(people([snapshot("p", "s", 2, 2), snapshot("p", "s", 1, null)])).toEqual(["p"]);
  });

  it("is looked for over all registrations and spellings of a person", () => {
    expect(people([snapshot("p", "s", 1, 1), snapshot(" P", "t", 2, null)])).toEqual([]);
    expect(people([snapshot("p", "s", 1, null), snapshot("P ", "t", 2, 2)])).toEqual(["p"]);
  });

  it("is no where two words have the same date", () => {
    expect(people([snapshot("p", "s", 1, 1), snapshot("p", "s", 1, null)])).toEqual([]);
    expect(people([snapshot("p", "s", 1, null), snapshot("p", "t", 1, 1)])).toEqual([]);
  });

  it("goes by the date of the snapshot, not by the date of the consent", () => {
    expect(people([snapshot("p", "s", 1, 9), snapshot("p", "s", 2, null)])).toEqual([]);
    expect(people([snapshot("p", "s", 1, 9)])).toEqual(["p"]);
  });

  it("of a registration must be yes as well", () => {
    const customers = [snapshot("p", "s", 1, null), snapshot("p", "t", 2, 2)];
    expect(people(customers)).toEqual(["p"]);
    expect(trusted(customers)).toEqual([registrationKey("p", "t")]);
  });

  it("of a person must be yes for any registration", () => {
    expect(trusted([snapshot("p", "s", 1, 1), snapshot("p", "t", 2, null)])).toEqual([]);
  });
});

describe("the policy any", () => {
  it("takes any yes, whatever was said later", () => {
    const customers = [snapshot("p", "s", 1, 1), snapshot("p", "s", 2, null), snapshot("q", "s", 1, null)];
    expect(people(customers, ANY)).toEqual(["p"]);
    expect(trusted(customers, ANY)).toEqual([registrationKey("p", "s")]);
  });

  it("is not touched by damage, but knows who is named in it", () => {
    const customers = [
      snapshot("p", "s", 1, 1),
      '{"email":"p","serialNumber":"s",',
      '{"email":"q","serialNumber":"t",',
    ];
    expect(people(customers, ANY)).toEqual(["p"]);
    const { books, unattributable } = referenceRun(
      lake(customers, [acceleration("q", 1), acceleration("r", 1)], [step("t", 1), step("u", 1)]),
      ANY,
    );
    expect(books.accelerometer_trusted.filtered).toEqual({ no_consent: 1, unknown_person: 1 });
    expect(books.step_trainer_trusted.filtered).toEqual({ no_consent: 1, unknown_serial: 1 });
    expect(unattributable).toBe(0);
  });
});

describe("the policy as-of", () => {
  const readings = [acceleration("p", 4), acceleration("p", 5), acceleration("p", 6)];
  const filtered = (customers: readonly string[]): unknown =>
    referenceRun(lake(customers, readings), AS_OF).books.accelerometer_trusted.filtered;

  it("counts readings from the date of the consent on", () => {
    expect(filtered([snapshot("p", "s", 1, 5)])).toEqual({ before_consent: 1 });
    expect(filtered([snapshot("p", "s", 1, 4)])).toEqual({});
    expect(filtered([snapshot("p", "s", 1, 7)])).toEqual({ before_consent: 3 });
  });

  it("takes the date in the latest word, the greatest of several", () => {
    expect(filtered([snapshot("p", "s", 1, 9), snapshot("p", "s", 2, 4)])).toEqual({});
    expect(filtered([snapshot("p", "s", 2, 4), snapshot("p", "t", 2, 6)])).toEqual({ before_consent: 2 });
  });

  it("lets a later no win", () => {
    expect(filtered([snapshot("p", "s", 1, 4), snapshot("p", "s", 2, null)])).toEqual({ no_consent: 3 });
  });
});

describe("a damaged snapshot", () => {
  const damaged = (date: string): string =>
    `{"email":"p","serialNumber":"s","lastUpdateDate":${date},"phone":5}`;

  it("is a no at its time", () => {
    const no = damaged(String(at(5)));
    expect(people([snapshot("p", "s", 4, 4), no])).toEqual([]);
    expect(people([snapshot("p", "s", 5, 5), no])).toEqual([]);
    expect(people([snapshot("p", "s", 6, 6), no])).toEqual(["p"]);
  });

  it("is a no for good where its time cannot be told", () => {
    expect(people([snapshot("p", "s", 9, 9), damaged("5")])).toEqual([]);
    expect(people([snapshot("p", "s", 9, 9), '{"email":"p","serialNumber":"s"'])).toEqual([]);
    expect(people([snapshot("p", "s", 9, 9), '"email":"p"'])).toEqual([]);
  });

  it("is a no of the registration, which later words of another do not undo", () => {
    const customers = [snapshot("p", "s", 4, 4), damaged(String(at(5))), snapshot("p", "t", 6, 6)];
    expect(people(customers)).toEqual(["p"]);
    expect(trusted(customers)).toEqual([registrationKey("p", "t")]);
  });

  it("without a serial number is a no of the person only", () => {
    const no = `{"email":"p","lastUpdateDate":${at(5)}}`;
    expect(people([snapshot("p", "s", 4, 4), no])).toEqual([]);
    const customers = [snapshot("p", "s", 4, 4), no, snapshot("p", "t", 6, 6)];
    expect(trusted(customers)).toEqual([registrationKey("p", "s"), registrationKey("p", "t")]);
  });

  it("makes its people owners of its serial numbers", () => {
    const files = lake(
      [snapshot("p", "s", 1, 1), '{"email":"q","email":"r","serialNumber":"s","serialNumber":"t"}'],
      [acceleration("p", 1), acceleration("q", 1)],
      [step("s", 1), step("t", 1)],
    );
    const { books } = referenceRun(files, LATEST);
    expect(books.accelerometer_trusted.filtered).toEqual({ no_consent: 1 });
    expect(books.step_trainer_trusted.filtered).toEqual({ shared_serial: 1, no_consent: 1 });
    const { owners } = whoConsents(files, LATEST).consent;
    expect([...owners].map(([serial, of]) => [serial, [...of]])).toEqual([
      ["s", ["p", "q", "r"]],
      ["t", ["q", "r"]],
    ]);
  });

  it("without an e-mail address gives its serial numbers an unknown owner", () => {
    const files = lake(
      [snapshot("p", "s", 1, 1), '{"email":"","serialNumber":"S"}', '"serialNumber" : "t"', "garbage"],
      [acceleration("p", 1)],
      [step("s", 1), step("t", 1), step("u", 1)],
    );
    const { books, unattributable } = referenceRun(files, LATEST);
    // The last line belongs to the garbage before it.
    expect(unattributable).toBe(2);
    expect(books.step_trainer_trusted.filtered).toEqual({
      shared_serial: 1,
      no_consent: 1,
      unknown_serial: 1,
    });
    expect(books.customer_trusted.written).toBe(1);
  });

  it("leaves everybody else alone", () => {
    expect(people([snapshot("p", "s", 1, 1), '{"email":"q"', "garbage"])).toEqual(["p"]);
  });
});

describe("a run is usable", () => {
  it("with one good snapshot, be it a no", () => {
    expect(referenceRun(lake([snapshot("p", "s", 1, null)]), LATEST).usable).toBe(true);
    expect(referenceRun(lake(['{"email":"p"}']), LATEST).usable).toBe(false);
  });
});

describe("for any customers", () => {
  const name = fc.constantFrom("p", "q", "r");
  const serial = fc.constantFrom("s", "t");
  const good = fc
    .tuple(name, serial, fc.nat(3), fc.option(fc.nat(3)))
    .map(([person, number, time, consent]) => snapshot(person, number, time, consent));
  const broken = fc
    .tuple(name, serial)
    .map(([person, number]) => `{"email":"${person}","serialNumber":"${number}",`);
  const customers = fc.array(fc.oneof({ weight: 4, arbitrary: good }, { weight: 1, arbitrary: broken }), {
    maxLength: 12,
  });
  const policy = fc.constantFrom(LATEST, AS_OF, ANY);

  it("the order of files decides nothing but the order of rows", () => {
    const inFiles = (records: readonly string[]) =>
      new Map(records.map((record, i) => [`customer/landing/${i}.json`, bytes(record)]));
    fc.assert(
      fc.property(customers, policy, (records, options) => {
        const forwards = referenceRun(inFiles(records), options);
        const backwards = referenceRun(inFiles(records.toReversed()), options);
        expect(backwards.zones.customer_trusted.toSorted()).toEqual(
          forwards.zones.customer_trusted.toSorted(),
        );
        expect(backwards.books).toEqual(forwards.books);
      }),
    );
  });

  it("one more damaged snapshot never lets anything more through", () => {
    fc.assert(
      fc.property(customers, broken, policy, (records, more, options) => {
        const readings = ["p", "q", "r"].map((person) => acceleration(person, 2));
        const steps = ["s", "t"].map((number) => step(number, 2));
        const before = referenceRun(lake(records, readings, steps), options).zones;
        const after = referenceRun(lake([...records, more], readings, steps), options).zones;
        for (const zone of Object.keys(after) as (keyof typeof after)[]) {
          expect(before[zone]).toEqual(expect.arrayContaining(after[zone]));
        }
      }),
    );
  });

  it("whoever withdraws last has no rows", () => {
    fc.assert(
      fc.property(customers, name, (records, person) => {
        const withdrawn = [...records, snapshot(person, "s", 9, null)];
        const { zones } = referenceRun(lake(withdrawn, [acceleration(person, 2)]), LATEST);
        expect(zones.customer_trusted.filter((line) => line.includes(`"${person}"`))).toEqual([]);
        expect(zones.accelerometer_trusted).toEqual([]);
      }),
    );
  });
});
