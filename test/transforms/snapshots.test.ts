// Which of several snapshots of one registration is its row.

import { describe, expect, it } from "vitest";
import type { Row } from "../../src/transforms/rows.js";
import { snapshotOrder } from "../../src/transforms/snapshots.js";
import { customerLanding } from "../../src/transforms/tables.js";
import { at } from "../reference/helpers.js";
import { snapshotRow } from "./support.js";

const order = (a: Row, b: Row): number => snapshotOrder(customerLanding, "shareWithResearchAsOfDate")(a, b);

/** Rows from the least to the greatest. */
function expectOrder(rows: readonly Row[]): void {
  for (const [left, a] of rows.entries()) {
    for (const [right, b] of rows.entries()) {
      expect(Math.sign(order(a, b)), `${left} and ${right}`).toBe(Math.sign(left - right));
    }
  }
}

const row = (more: Readonly<Record<string, string>>): Row => snapshotRow("p", "s", 1, 1, more);

describe("the greater of two snapshots", () => {
  it("is the later one, whatever else is in them", () => {
    expectOrder([
      snapshotRow("p", "s", 1, 9, { customerName: "z" }),
      snapshotRow("p", "s", 2, 8, { customerName: "y" }),
      snapshotRow("p", "s", 3, null),
    ]);
  });

  it("of one date, is the one with the later date of consent", () => {
    expectOrder([
      snapshotRow("p", "s", 1, null, { customerName: "z" }),
      snapshotRow("p", "s", 1, 1, { customerName: "y" }),
      snapshotRow("p", "s", 1, 2, { customerName: "x" }),
    ]);
  });

  it("of equal dates, goes by the fields in table order, absent first", () => {
    expectOrder([
      row({ phone: "9" }),
      row({ customerName: "a" }),
      row({ customerName: "a", phone: "1" }),
      row({ customerName: "a", phone: "1", birthDay: "1" }),
      row({ customerName: "a", phone: "2" }),
      row({ customerName: "b" }),
    ]);
    expectOrder([row({ registrationDate: String(at(1)) }), row({ registrationDate: String(at(2)) })]);
    expectOrder([
      row({ shareWithFriendsAsOfDate: String(at(9)) }),
      row({ shareWithPublicAsOfDate: String(at(1)) }),
    ]);
  });

  it("has texts compared by their UTF-8 bytes", () => {
    expectOrder([
      row({ customerName: "" }),
      row({ customerName: "10" }),
      row({ customerName: "9" }),
      row({ customerName: "\uffff" }),
      row({ customerName: "\u{1f600}" }),
    ]);
  });

  it("has e-mail addresses and serial numbers compared as they came", () => {
    expectOrder([
      snapshotRow(" p", "s", 1, 1),
      snapshotRow("P", "s", 1, 1),
      snapshotRow("p", "S", 1, 1),
      row({}),
    ]);
  });

  it("is neither where all fields are equal", () => {
    expect(order(row({ phone: "1" }), row({ phone: "1" }))).toBe(0);
    expect(order(row({}), row({}))).toBe(0);
  });

  it("goes by the date of the purpose that is asked about", () => {
    const friends = snapshotOrder(customerLanding, "shareWithFriendsAsOfDate");
    const a = row({ customerName: "z", shareWithFriendsAsOfDate: String(at(1)) });
    const b = row({ customerName: "y", shareWithFriendsAsOfDate: String(at(2)) });
    expect(friends(a, b)).toBeLessThan(0);
    expect(order(a, b)).toBeGreaterThan(0);
  });

  it("has numbers compared by value", () => {
    const shape = {
      ...customerLanding,
      fields: [...customerLanding.fields, { name: "n", kind: "number" as const }],
    };
    const compare = snapshotOrder(shape, "shareWithResearchAsOfDate");
    expect(compare([...row({}), "9"], [...row({}), "10"])).toBeLessThan(0);
    expect(compare([...row({}), "1.0"], [...row({}), "1"])).toBe(0);
  });
});
