// Who consents, by the index of all snapshots: the rules one by one. That the engine as a whole agrees with the
// reference is for the property tests.

import { describe, expect, it } from "vitest";
import { ConsentIndex, purposes } from "../../src/transforms/consent.js";
import type { Policy } from "../../src/transforms/policy.js";
import type { Row } from "../../src/transforms/rows.js";
import { at } from "../reference/helpers.js";
import { snapshotRow } from "./support.js";

const research = "shareWithResearchAsOfDate";
const friends = "shareWithFriendsAsOfDate";

/** A damaged snapshot: whom and which serial numbers it names, and when it was said (left out: always). */
interface Damage {
  readonly people?: readonly string[];
  readonly serials?: readonly string[];
  readonly time?: number;
}

function index(words: readonly (Row | Damage)[], policy: Policy = "latest"): ConsentIndex {
  const made = new ConsentIndex(policy, [research]);
  for (const word of words) {
    if (Array.isArray(word)) made.addSnapshot(word as Row);
    else {
      const { people = [], serials = [], time } = word as Damage;
      made.addDamage({
        people: new Set(people),
        serials: new Set(serials),
        at: time === undefined ? Infinity : at(time),
      });
    }
  }
  return made;
}

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
    expect(made.registrationConsents("p@example.test", "sn-1", research)).toBe(true);
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
    expect(made.registrationConsents("r", "s", research)).toBe(false);
    expect(made.registrationConsents("p", "t", research)).toBe(false);
    expect(made.registrationConsents("p", "s", research)).toBe(true);
  });
});

describe("a registration consents", () => {
  it("when its own word and its person's are yes", () => {
    const made = index([yes(1, "s"), no(2, "t"), yes(3, "u")]);
    expect(made.registrationConsents("p", "s", research)).toBe(true);
    expect(made.registrationConsents("p", "t", research)).toBe(false);
    expect(made.registrationConsents("p", "u", research)).toBe(true);
  });

  it("not when its person withdrew for another", () => {
    const made = index([yes(1, "s"), no(2, "t")]);
    expect(made.registrationConsents("p", "s", research)).toBe(false);
  });

  it("under any by a yes of its own", () => {
    const made = index([yes(1, "s"), no(2, "s"), no(3, "t")], "any");
    expect(made.registrationConsents("p", "s", research)).toBe(true);
    expect(made.registrationConsents("p", "t", research)).toBe(false);
  });

  it("by the words about it, not by those about another of the same person", () => {
    const made = index([no(1, "s"), yes(2, "t")]);
    expect(made.personConsents("p", research)).toBe(true);
    expect(made.registrationConsents("p", "s", research)).toBe(false);
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
      expect(made.registrationConsents(person, "s", research)).toBe(false);
      expect(made.registrationConsents(person, "t", research)).toBe(false);
      expect(made.registrationConsents(person, "u", research)).toBe(true);
    }
    expect([...made.ownersOf("s")]).toEqual(["p", "q"]);
    expect([...made.ownersOf("t")].sort()).toEqual(["p", "q"]);
    expect(made.isRefused("s")).toBe(false);
    expect(made.unattributable).toBe(0);
  });

  it("withholds its serial numbers when it names nobody", () => {
    const made = index([yes(3, "s"), yes(3, "t"), { serials: ["s"], time: 2 }]);
    expect(made.isRefused("s")).toBe(true);
    expect(made.isRefused("t")).toBe(false);
    expect(made.unattributable).toBe(1);
    expect(made.personConsents("p", research)).toBe(true);
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
    expect(made.isRefused("s")).toBe(true);
    expect(made.isRefused("t")).toBe(true);
    expect(made.knowsSerial("t")).toBe(true);
    expect(made.isRefused("u")).toBe(false);
  });

  it("does not name each pair of many people and many serial numbers", () => {
    const many = Array.from({ length: 3000 }, (_, number) => `k${number}`);
    const made = index([{ people: many, serials: many }]);
    expect(made.ownersOf("k1").size).toBe(0);
    expect(made.isRefused("k2999")).toBe(true);
    expect(made.knowsPerson("k2999")).toBe(true);
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
    expect([...made.ownersOf("s")]).toEqual(["p", "q"]);
    expect([...made.ownersOf("t")]).toEqual(["r"]);
    expect(made.isRefused("s")).toBe(false);
  });

  it("are nobody for one that was never registered", () => {
    expect(index([yes(1)]).ownersOf("t").size).toBe(0);
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

describe("several purposes", () => {
  const index = (): ConsentIndex => {
    const made = new ConsentIndex("latest", [friends, research]);
    made.addSnapshot(snapshotRow("p", "s", 1, 5));
    made.addSnapshot(snapshotRow("q", "s", 1, null, { [friends]: String(at(7)) }));
    return made;
  };

  it("are each asked by their own words", () => {
    const made = index();
    expect(made.personConsents("p", research)).toBe(true);
    expect(made.personConsents("p", friends)).toBe(false);
    expect(made.personConsents("q", research)).toBe(false);
    expect(made.registrationConsents("q", "s", friends)).toBe(true);
    expect(made.registrationConsents("q", "s", research)).toBe(false);
    expect(made.personSince("q", friends)).toBe(at(7));
    expect(made.countConsenting(friends)).toBe(1);
  });

  it("are all touched by damage", () => {
    const damaged = index();
    damaged.addSnapshot(snapshotRow("p", "s", 1, 5, { [friends]: String(at(7)) }));
    damaged.addDamage({ people: new Set(["p"]), serials: new Set(["s"]), at: at(2) });
    expect(damaged.personConsents("p", research)).toBe(false);
    expect(damaged.personConsents("p", friends)).toBe(false);
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
