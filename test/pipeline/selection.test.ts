// Which stages a user means.

import { describe, expect, test } from "vitest";
import { downstreamOf, select, upstreamOf, zonesReadBy } from "../../src/pipeline/selection.js";
import { customerCurated, customerTrusted, stediPlan } from "../../src/pipeline/stedi-plan.js";
import { refusal } from "./support.js";

const [first, second, third, fourth, fifth] = stediPlan.zones.map(({ name }) => name) as [
  string,
  string,
  string,
  string,
  string,
];

const selected = (...names: string[]): readonly string[] => select(stediPlan, names).map(({ name }) => name);

describe("select", () => {
  test.each([
    [["all"], [first, second, third, fourth, fifth]],
    [[], []],
    [["customer_curated"], [third]],
    [
      ["machine_learning_curated", "customer_trusted"],
      [first, fifth],
    ],
    [["customer_trusted", "customer_trusted"], [first]],
    [["+customer_trusted"], [first]],
    [["+accelerometer_trusted"], [first, second]],
    [["+customer_curated"], [first, second, third]],
    [["+step_trainer_trusted"], [first, second, third, fourth]],
    [["+machine_learning_curated"], [first, second, third, fourth, fifth]],
    [["customer_trusted+"], [first, second, third, fourth, fifth]],
    [["accelerometer_trusted+"], [second, third, fourth, fifth]],
    [["customer_curated+"], [third, fourth, fifth]],
    [["step_trainer_trusted+"], [fourth, fifth]],
    [["machine_learning_curated+"], [fifth]],
    [["+customer_curated+"], [first, second, third, fourth, fifth]],
    [
      ["+accelerometer_trusted", "machine_learning_curated"],
      [first, second, fifth],
    ],
    [
      ["customers_trusted", "+customers_curated"],
      [first, second, third],
    ],
  ])("%j, in the plan's order", (names, expected) => {
    expect(selected(...names)).toEqual(expected);
  });

  test.each([
    ["customer_trustd", "customer_trusted"],
    ["customer", "customer_trusted"],
    ["Step_Trainer", "step_trainer_trusted"],
    ["+mashine_learning_curated", "machine_learning_curated"],
    ["al", "all"],
    ["+all", "all"],
    ["", "all"],
    ["++customer_trusted", "customer_trusted"],
    ["customer_landing", "customer_trusted"],
    ["__proto__", undefined],
    ["constructor", undefined],
  ])("%j is refused with the nearest name", async (name, nearest) => {
    const error = await refusal(() => select(stediPlan, ["customer_trusted", name]));
    expect(error).toMatchObject({ code: "STEDI_UNKNOWN_STAGE", exitCode: 2 });
    expect(error.parts.what).toBe(`there is no stage \`${name}\``);
    expect(error.parts.why).toBe(`the stages are all, ${[first, second, third, fourth, fifth].join(", ")}`);
    if (nearest !== undefined) expect(error.parts.next).toBe(`did you mean \`${nearest}\`?`);
  });
});

test("before and after are each other's reverse", () => {
  for (const one of stediPlan.zones) {
    for (const other of stediPlan.zones) {
      expect(upstreamOf(stediPlan, one).includes(other)).toBe(downstreamOf(stediPlan, other).includes(one));
    }
  }
  expect(zonesReadBy(customerTrusted)).toEqual([]);
  expect(zonesReadBy(customerCurated).map(({ name }) => name)).toEqual([first, second]);
});
