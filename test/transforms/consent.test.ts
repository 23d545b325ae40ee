// Who consents, by the index of all snapshots: the rules one by one. That the engine as a whole agrees with the
// reference is for the property tests.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ConsentIndex, type PlainSnapshot, type Purpose, purposes } from "../../src/transforms/consent.js";
import type { Policy } from "../../src/transforms/policy.js";
import type { Row } from "../../src/transforms/rows.js";
import { utf8 } from "../io/support.js";
import { at } from "../reference/helpers.js";
import { snapshotRow } from "./support.js";
import { viewOf } from "../../src/transforms/words-copy.js";

const research = "shareWithResearchAsOfDate";
const friends = "shareWithFriendsAsOfDate";
const seed = [0x12345678, 0x9abcdef0 | 0] as const;

/** A damaged snapshot: whom and which serial numbers it names, and when it was said (left out: always). */
interface Damage {
  readonly people?: readonly string[];
  readonly serials?: readonly string[];
  readonly isUnknown?: boolean;
  readonly time?: number;
}

const index = (words: readonly (Row | Damage)[], policy: Policy = "latest"): ConsentIndex =>
  indexOf(words, policy, [research]);

function indexOf(words: readonly (Row | Damage)[], policy: Policy, wanted: readonly Purpose[]): ConsentIndex {
  const made = new ConsentIndex(policy, wanted, seed);
  for (const word of words) {
    if (Array.isArray(word)) made.addSnapshot(word as Row);
    else {
      const { people = [], serials = [], isUnknown = people.length === 0, time } = word as Damage;
      made.addDamage({
        people: new Set(people),
        serials: new Set(serials),
        isUnknown,
        at: time === undefined ? Infinity : at(time),
      });
    }
  }
  return made;
}

/** Whether the registration of a person and a serial number consents. */
const registrationConsents = (made: ConsentIndex, email: string, serial: string, purpose: Purpose): boolean =>
  made.registrationConsents(made.registrationOf(email, serial), purpose);

/** Those of some people who have registered a serial number. */
const ownersOf = (made: ConsentIndex, serial: string, people: readonly string[]): readonly string[] =>
  people.filter((person) => made.registrationOf(person, serial) >= 0);

const consents = (words: readonly (Row | Damage)[], policy: Policy = "latest"): boolean =>
  index(words, policy).personConsents("p", research);

const yes = (time: number, serial = "s", since = time): Row => snapshotRow("p", serial, time, since);
const no = (time: number, serial = "s"): Row => snapshotRow("p", serial, time, null);

describe.each(["latest", "as-of"] as const)("under %s a person consents", (policy) => {
  it("when the one word there is says yes", () => {
    expect(consents([yes(1)], policy)).toBe(true);
    expect(consents([no(1)], policy)).toBe(false);
  });

  it("when the latest word says yes, in whatever order the words come", () => {
    expect(consents([no(1), yes(2)], policy)).toBe(true);
    expect(consents([yes(2), no(1)], policy)).toBe(true);
    expect(consents([yes(1), no(2)], policy)).toBe(false);
    expect(consents([no(2), yes(1)], policy)).toBe(false);
    expect(consents([yes(1), no(3), yes(2)], policy)).toBe(false);
    expect(consents([no(1), yes(3), no(2)], policy)).toBe(true);
  });

  it("not when two words of the latest date differ, in either order", () => {
    expect(consents([yes(1), no(1)], policy)).toBe(false);
    expect(consents([no(1), yes(1)], policy)).toBe(false);
    expect(consents([no(1), yes(1), yes(1)], policy)).toBe(false);
    expect(consents([yes(1), yes(1)], policy)).toBe(true);
  });

  it("over all registrations", () => {
    expect(consents([yes(1, "s"), no(2, "t")], policy)).toBe(false);
    expect(consents([no(1, "s"), yes(2, "t")], policy)).toBe(true);
  });
});

describe("under any a person consents", () => {
  it("when some good snapshot says yes, whatever is said later", () => {
    expect(consents([yes(1), no(2)], "any")).toBe(true);
    expect(consents([no(2), yes(1)], "any")).toBe(true);
    expect(consents([yes(1), no(1)], "any")).toBe(true);
    expect(consents([no(1), yes(1)], "any")).toBe(true);
  });

  it("not when none does", () => {
    expect(consents([no(1), no(2)], "any")).toBe(false);
  });

  it("whatever is damaged", () => {
    expect(consents([yes(1), { people: ["p"] }], "any")).toBe(true);
    expect(consents([{ people: ["p"] }], "any")).toBe(false);
  });
});

describe("the key", () => {
  it("is what a person and a serial number go by", () => {
    const made = index([snapshotRow(" P@Example.Test", "SN-1\n", 1, 1)]);
    expect(made.personConsents("p@example.test", research)).toBe(true);
    expect(registrationConsents(made, "p@example.test", "sn-1", research)).toBe(true);
    expect(made.knowsPerson(" P@Example.Test")).toBe(false);
    expect(consents([snapshotRow("P", "s", 1, 1), snapshotRow("p ", "t", 2, null)])).toBe(false);
  });
});

describe("a person who is not named", () => {
  it("does not consent and is not known", () => {
    const made = index([yes(1)]);
    expect(made.personConsents("q", research)).toBe(false);
    expect(made.knowsPerson("q")).toBe(false);
    expect(made.knowsPerson("p")).toBe(true);
    expect(made.knowsSerial("t")).toBe(false);
    expect(made.knowsSerial("s")).toBe(true);
    expect(made.personSince("q", research)).toBe(Infinity);
  });

  it("has no registration that consents", () => {
    const made = index([yes(1), snapshotRow("q", "t", 1, 1)]);
    expect(registrationConsents(made, "r", "s", research)).toBe(false);
    expect(registrationConsents(made, "p", "t", research)).toBe(false);
    expect(registrationConsents(made, "p", "s", research)).toBe(true);
  });
});

describe("a registration consents", () => {
  it("when its own word and its person's are yes", () => {
    const made = index([yes(1, "s"), no(2, "t"), yes(3, "u")]);
    expect(registrationConsents(made, "p", "s", research)).toBe(true);
    expect(registrationConsents(made, "p", "t", research)).toBe(false);
    expect(registrationConsents(made, "p", "u", research)).toBe(true);
  });

  it("not when its person withdrew for another", () => {
    const made = index([yes(1, "s"), no(2, "t")]);
    expect(registrationConsents(made, "p", "s", research)).toBe(false);
  });

  it("under any by a yes of its own", () => {
    const made = index([yes(1, "s"), no(2, "s"), no(3, "t")], "any");
    expect(registrationConsents(made, "p", "s", research)).toBe(true);
    expect(registrationConsents(made, "p", "t", research)).toBe(false);
  });

  it("by the words about it, not by those about another of the same person", () => {
    const made = index([no(1, "s"), yes(2, "t")]);
    expect(made.personConsents("p", research)).toBe(true);
    expect(registrationConsents(made, "p", "s", research)).toBe(false);
  });
});

describe("the date of consent", () => {
  it("is the one in the latest word", () => {
    expect(index([yes(1, "s", 9), yes(2, "s", 4)]).personSince("p", research)).toBe(at(4));
    expect(index([yes(2, "s", 4), yes(1, "s", 9)]).personSince("p", research)).toBe(at(4));
    expect(index([yes(1, "s", 9), no(2), yes(3, "s", 5)]).personSince("p", research)).toBe(at(5));
  });

  it("is the greatest of several words of the latest date", () => {
    expect(index([yes(1, "s", 4), yes(1, "t", 9)]).personSince("p", research)).toBe(at(9));
    expect(index([yes(1, "s", 9), yes(1, "t", 4)]).personSince("p", research)).toBe(at(9));
  });

  it("of a serial number is the latest of its owners'", () => {
    const words = [yes(1, "s", 4), snapshotRow("q", "s", 1, 9), snapshotRow("r", "s", 1, 5)];
    expect(index(words).ownersSince("s", research)).toBe(at(9));
    expect(index([...words].reverse()).ownersSince("s", research)).toBe(at(9));
    expect(index(words).ownersSince("t", research)).toBe(0);
  });
});

describe("a damaged snapshot with a date", () => {
  it("is a no of everybody it names, at that date", () => {
    expect(consents([yes(1), { people: ["q", "p"], time: 2 }])).toBe(false);
    expect(consents([{ people: ["p"], time: 2 }, yes(1)])).toBe(false);
    expect(consents([yes(1), { people: ["p"], time: 1 }])).toBe(false);
    expect(consents([yes(2), { people: ["p"], time: 1 }])).toBe(true);
    expect(consents([yes(1), { people: ["p"], time: 2 }, yes(3)])).toBe(true);
    expect(consents([yes(1), { people: ["q"], time: 2 }])).toBe(true);
  });

  it("is a no of each person's registrations of each serial number it names", () => {
    const made = index([
      yes(1, "s"),
      yes(3, "u"),
      snapshotRow("q", "t", 1, 1),
      snapshotRow("q", "u", 3, 3),
      { people: ["p", "q"], serials: ["s", "t"], time: 2 },
    ]);
    for (const person of ["p", "q"]) {
      expect(made.personConsents(person, research)).toBe(true);
      expect(registrationConsents(made, person, "s", research)).toBe(false);
      expect(registrationConsents(made, person, "t", research)).toBe(false);
      expect(registrationConsents(made, person, "u", research)).toBe(true);
    }
    expect(ownersOf(made, "s", ["p", "q", "r"])).toEqual(["p", "q"]);
    expect(ownersOf(made, "t", ["p", "q", "r"])).toEqual(["p", "q"]);
    expect(made.everyOwner("s", () => true)).toBe(true);
    expect(made.unattributable).toBe(0);
  });

  it("withholds its serial numbers when it names nobody", () => {
    const made = index([yes(3, "s"), yes(3, "t"), { serials: ["s"], time: 2 }]);
    expect(made.everyOwner("s", () => true)).toBe(false);
    expect(made.everyOwner("t", () => true)).toBe(true);
    expect(made.unattributable).toBe(1);
    expect(made.personConsents("p", research)).toBe(true);
  });
});

describe("a damaged snapshot that may be somebody else's, too", () => {
  it("withholds its serial numbers, and is a no of whom it names all the same", () => {
    const made = index([
      yes(1, "s"),
      yes(3, "u"),
      { people: ["p"], serials: ["s"], isUnknown: true, time: 2 },
    ]);
    expect(made.everyOwner("s", () => true)).toBe(false);
    expect(made.personConsents("p", research)).toBe(true);
    expect(registrationConsents(made, "p", "s", research)).toBe(false);
    expect(registrationConsents(made, "p", "u", research)).toBe(true);
    expect(made.unattributable).toBe(1);
  });
});

describe("a damaged snapshot without a date", () => {
  it("is a no that nothing undoes", () => {
    expect(consents([yes(1), { people: ["p"] }, yes(9)])).toBe(false);
    expect(consents([{ people: ["p"] }, yes(9)])).toBe(false);
    expect(consents([{ people: ["q"] }, yes(9)])).toBe(true);
  });

  it("withholds every serial number it names, whoever else owns it", () => {
    const made = index([yes(1, "s"), { people: ["q"], serials: ["s", "t"] }]);
    expect(made.everyOwner("s", () => true)).toBe(false);
    expect(made.everyOwner("t", () => true)).toBe(false);
    expect(made.knowsSerial("t")).toBe(true);
    expect(made.everyOwner("u", () => true)).toBe(true);
  });

  it("does not name each pair of many people and many serial numbers", () => {
    const many = Array.from({ length: 3000 }, (_, number) => `k${number}`);
    const made = index([{ people: many, serials: many }]);
    expect(ownersOf(made, "k1", many)).toEqual([]);
    expect(made.everyOwner("k2999", () => true)).toBe(false);
    expect(made.knowsPerson("k2999")).toBe(true);
  });
});

describe("everybody and everything that is named", () => {
  it("is listed once, by its key, in the order of the names", () => {
    const made = index([
      snapshotRow(" Q", "T", 1, 1),
      yes(1, "s"),
      no(2, "t "),
      { people: ["r"], serials: ["u"] },
      { people: ["p"], serials: ["v"], time: 2 },
      { serials: ["w"] },
    ]);
    expect([...made.people.keys()]).toEqual(["q", "p", "r"]);
    expect([...made.serials.keys()]).toEqual(["t", "s", "u", "v", "w"]);
    expect([...index([]).people.keys()]).toEqual([]);
    expect([...index([]).serials.keys()]).toEqual([]);
  });
});

describe("the number of a registration", () => {
  const make = (): ConsentIndex =>
    index([
      yes(1, "s"),
      snapshotRow("q", "t", 1, 1),
      no(2, "s"),
      { people: ["q"], serials: ["s"], time: 2 },
      { people: ["r"], serials: ["u"] },
    ]);

  it("counts from 0, in the order in which registrations were first named, damage included", () => {
    const made = make();
    expect(made.registrationOf("p", "s")).toBe(0);
    expect(made.registrationOf("q", "t")).toBe(1);
    expect(made.registrationOf("q", "s")).toBe(2);
  });

  it("is none of a pair that no snapshot names, though one names its person or serial number", () => {
    const made = make();
    expect(made.registrationOf("p", "t")).toBe(-1);
    expect(made.registrationOf("r", "u")).toBe(-1);
    expect(made.registrationOf("p", "x")).toBe(-1);
    expect(made.registrationOf("x", "s")).toBe(-1);
    expect(made.registrationOf("x", "y")).toBe(-1);
  });

  it("is what a snapshot is given when it is taken in, and stays the same", () => {
    const growing = index([]);
    const pairs = ["p s", "q s", "p t", "p s", "q t"].map((pair) => pair.split(" ") as [string, string]);
    const numbers = pairs.map(([email, serial]) => {
      const number = growing.addSnapshot(snapshotRow(email, serial, 1, 1));
      expect(growing.registrationOf(email, serial)).toBe(number);
      return number;
    });
    expect(numbers).toEqual([0, 1, 2, 0, 3]);
    expect(pairs.map((pair) => growing.registrationOf(...pair))).toEqual(numbers);
  });
});

describe("the owners of a serial number", () => {
  it("are all who ever registered it, consenting or not", () => {
    const made = index([
      yes(1, "s"),
      no(2, "s"),
      snapshotRow("q", "s", 1, null),
      snapshotRow("r", "t", 1, 1),
    ]);
    expect(ownersOf(made, "s", ["p", "q", "r"])).toEqual(["p", "q"]);
    expect(ownersOf(made, "t", ["p", "q", "r"])).toEqual(["r"]);
    expect(made.everyOwner("s", () => true)).toBe(true);
  });

  it("are asked about one by one, by the numbers of their registrations", () => {
    const made = index([yes(1, "s"), snapshotRow("q", "s", 1, null), snapshotRow("q", "t", 1, null)]);
    const numbers = [made.registrationOf("p", "s"), made.registrationOf("q", "s")];
    const asked: number[] = [];
    expect(made.everyOwner("s", (each) => asked.push(each) > 0)).toBe(true);
    expect(asked.sort()).toEqual(numbers.sort());
    for (const number of numbers) expect(made.everyOwner("s", (each) => each !== number)).toBe(false);
    expect(made.everyOwner("u", () => false)).toBe(true);
  });

  it("are each asked about once, however often and in whatever order they registered it", () => {
    const registration = fc.tuple(fc.constantFrom("p", "q", "r"), fc.constantFrom("s", "t"), fc.nat(9));
    fc.assert(
      fc.property(fc.array(registration), (registrations) => {
        const made = index(
          registrations.map(([email, serial, time]) => snapshotRow(email, serial, time, time)),
        );
        for (const serial of ["s", "t"]) {
          const owners = new Set(registrations.filter((each) => each[1] === serial).map(([email]) => email));
          const asked: number[] = [];
          expect(made.everyOwner(serial, (each) => asked.push(each) > 0)).toBe(true);
          const numbers = [...owners].map((email) => made.registrationOf(email, serial));
          expect(asked.sort()).toEqual(numbers.sort());
          const dates = [...owners].map((email) => made.personSince(email, research));
          expect(made.ownersSince(serial, research)).toBe(Math.max(0, ...dates));
        }
      }),
    );
  });

  it("are nobody for one that was never registered", () => {
    const made = index([yes(1)]);
    expect(ownersOf(made, "t", ["p"])).toEqual([]);
    expect(made.ownersSince("t", research)).toBe(0);
  });
});

describe("the counts", () => {
  it("are of good snapshots, of people who consent, and of damage that names nobody", () => {
    const made = index([
      yes(1, "s"),
      yes(2, "t"),
      snapshotRow("q", "s", 1, 1),
      snapshotRow("r", "s", 1, null),
      { people: ["q"], time: 2 },
      {},
      { serials: ["s"] },
    ]);
    expect(made.snapshots).toBe(4);
    expect(made.countConsenting(research)).toBe(1);
    expect(made.unattributable).toBe(2);
    expect(index([]).snapshots).toBe(0);
    expect(index([]).unattributable).toBe(0);
  });

  it("of people who consent go by the policy", () => {
    const words = [yes(1), no(2), snapshotRow("q", "s", 1, 1)];
    expect(index(words).countConsenting(research)).toBe(1);
    expect(index(words, "any").countConsenting(research)).toBe(2);
  });
});

/** A snapshot's values one behind the other, the last field first, with an `x` behind each. */
function plain(row: Row): PlainSnapshot {
  let text = "";
  const [from, to] = [new Int32Array(row.length).fill(-1), new Int32Array(row.length).fill(-1)];
  for (const [index, value] of [...row.entries()].reverse()) {
    if (value === undefined) continue;
    from[index] = text.length;
    to[index] = from[index] + value.length;
    text += `${value}x`;
  }
  const bytes = utf8(text);
  return { bytes, view: viewOf(bytes), from, to };
}

describe("a snapshot in plain bytes", () => {
  const time = fc.oneof(
    fc.integer({ min: 1, max: 3 }),
    fc.integer({ min: 0, max: 9_999_999_999_999 - at(0) }),
  );
  const snapshot = fc
    .tuple(
      fc.constantFrom("p", "P", " p ", "q@example.test", "Q@Example.Test "),
      fc.constantFrom("s", " S", "t", "serial number [`{"),
      time,
      fc.option(time),
    )
    .map((values) => snapshotRow(...values));

  it("says the same as in texts", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(snapshot, fc.boolean())), (snapshots) => {
        const made = index([]);
        const expected = index([]);
        for (const [row, isPlain] of snapshots) {
          const number = isPlain ? made.addPlainSnapshot(plain(row)) : made.addSnapshot(row);
          expect(number).toBe(expected.addSnapshot(row));
        }
        expect(made.snapshots).toBe(snapshots.length);
        expect([...made.people.keys()]).toEqual([...expected.people.keys()]);
        expect([...made.serials.keys()]).toEqual([...expected.serials.keys()]);
        for (const email of expected.people.keys()) {
          expect(made.personConsents(email, research)).toBe(expected.personConsents(email, research));
          expect(made.personSince(email, research)).toBe(expected.personSince(email, research));
          for (const serial of expected.serials.keys()) {
            expect(registrationConsents(made, email, serial, research)).toBe(
              registrationConsents(expected, email, serial, research),
            );
          }
        }
      }),
    );
  });
});

describe("the registration of a snapshot in plain bytes", () => {
  const rows = [
    snapshotRow("p", "s", 1, 1),
    snapshotRow("q", "s", 1, 1),
    snapshotRow("q", "t", 1, 1),
    snapshotRow("r", "u", 1, 1),
  ];

  it("is that of its person and serial number, and these are told by it", () => {
    const made = index(rows);
    for (const [number, row] of rows.entries()) {
      expect(made.plainRegistrationOf(plain(row))).toBe(number);
      expect(made.people.keyAt(made.personOf(number))).toBe(["p", "q", "q", "r"][number]);
      expect(made.serials.keyAt(made.serialOf(number))).toBe(["s", "s", "t", "u"][number]);
    }
  });

  it("is none where no snapshot has named it", () => {
    const made = index(rows);
    for (const [email, serial] of [
      ["x", "s"],
      ["p", "x"],
      ["x", "x"],
      ["p", "t"],
      ["r", "s"],
    ] as const)
      expect(made.plainRegistrationOf(plain(snapshotRow(email, serial, 1, 1)))).toBe(-1);
  });
});

describe("several purposes", () => {
  const index = (): ConsentIndex => {
    const made = new ConsentIndex("latest", [friends, research], seed);
    made.addSnapshot(snapshotRow("p", "s", 1, 5));
    made.addSnapshot(snapshotRow("q", "s", 1, null, { [friends]: String(at(7)) }));
    return made;
  };

  it("are each asked by their own words", () => {
    const made = index();
    expect(made.personConsents("p", research)).toBe(true);
    expect(made.personConsents("p", friends)).toBe(false);
    expect(made.personConsents("q", research)).toBe(false);
    expect(registrationConsents(made, "q", "s", friends)).toBe(true);
    expect(registrationConsents(made, "q", "s", research)).toBe(false);
    expect(made.personSince("q", friends)).toBe(at(7));
    expect(made.countConsenting(friends)).toBe(1);
  });

  it("are all touched by damage", () => {
    const damaged = index();
    damaged.addSnapshot(snapshotRow("p", "s", 1, 5, { [friends]: String(at(7)) }));
    damaged.addDamage({ people: new Set(["p"]), serials: new Set(["s"]), isUnknown: false, at: at(2) });
    expect(damaged.personConsents("p", research)).toBe(false);
    expect(damaged.personConsents("p", friends)).toBe(false);
  });

  it("are answered as by an index of each alone", () => {
    const people = ["p", "q", "r"];
    const serials = ["s", "t"];
    const time = fc.integer({ min: 1, max: 4 });
    const snapshot = fc
      .record({
        email: fc.constantFrom(...people),
        serial: fc.constantFrom(...serials),
        time,
        research: fc.option(time),
        friends: fc.option(time, { nil: undefined }),
      })
      .map((said) =>
        snapshotRow(said.email, said.serial, said.time, said.research, {
          ...(said.friends !== undefined && { [friends]: String(at(said.friends)) }),
        }),
      );
    const damage = fc.record(
      { people: fc.subarray(people), serials: fc.subarray(serials), time },
      { requiredKeys: ["people", "serials"] },
    );
    fc.assert(
      fc.property(
        fc.array(fc.oneof({ arbitrary: snapshot, weight: 3 }, { arbitrary: damage, weight: 1 })),
        fc.constantFrom<Policy>("latest", "as-of", "any"),
        (words, policy) => {
          const both = indexOf(words, policy, [friends, research]);
          for (const purpose of [friends, research] as const) {
            const alone = indexOf(words, policy, [purpose]);
            expect(both.countConsenting(purpose)).toBe(alone.countConsenting(purpose));
            for (const person of people) {
              const consents = alone.personConsents(person, purpose);
              expect(both.personConsents(person, purpose)).toBe(consents);
              if (consents)
                expect(both.personSince(person, purpose)).toBe(alone.personSince(person, purpose));
              for (const serial of serials) {
                expect(registrationConsents(both, person, serial, purpose)).toBe(
                  registrationConsents(alone, person, serial, purpose),
                );
              }
            }
          }
        },
      ),
    );
  });

  it("are refused where the index was not made for them", () => {
    const made = index();
    const message = "the consent index was not made for shareWithPublicAsOfDate";
    expect(() => made.personConsents("p", "shareWithPublicAsOfDate")).toThrow(new RangeError(message));
  });

  it("are the three dates of consent in a snapshot", () => {
    expect(purposes).toEqual([
      "shareWithResearchAsOfDate",
      "shareWithPublicAsOfDate",
      "shareWithFriendsAsOfDate",
    ]);
  });
});
