// The drawing of a plan. What matters is that its lines say what the plan says, so a tracer follows them in the text
// from box to box, as a reader's finger would.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { drawPlan } from "../../src/commands/graph.js";
import {
  lookupsOf,
  type Plan,
  plan,
  type SemiJoin,
  stepsUnder,
  type Zone,
  zone,
} from "../../src/pipeline/plan.js";
import {
  accelerometerTrusted,
  customerCurated,
  customerTrusted,
  stediPlan,
} from "../../src/pipeline/stedi-plan.js";
import { policies, type Policy } from "../../src/transforms/policy.js";
import {
  accelerometerLanding,
  customerLanding,
  landingTables,
  stepTrainerLanding,
  type TableShape,
} from "../../src/transforms/tables.js";

const WIDE = 10_000;

/** A step that looks rows up in a table, on any key. */
function lookUp(rows: TableShape, table: TableShape): SemiJoin {
  return { kind: "semi-join", table, on: [[keyField(rows), keyField(table)]], reason: "not_found" };
}

function keyField(table: TableShape): string {
  return table.fields.find((field) => field.kind === "key")!.name;
}

/** A second zone on each of two landing tables, a third on a zone; lookups to the left and to the right. */
function eightZones(): Plan {
  const consenting = {
    kind: "consenting",
    purpose: "shareWithPublicAsOfDate",
    reason: "no_consent",
  } as const;
  const latest = { kind: "latest", purpose: "shareWithPublicAsOfDate", reason: "superseded" } as const;
  const people = zone("customer_public", "customer/public", customerLanding, [latest, consenting]);
  const readings = zone("accelerometer_public", "accelerometer/public", accelerometerLanding, [
    lookUp(accelerometerLanding, people),
    lookUp(accelerometerLanding, customerCurated),
  ]);
  const both = zone("accelerometer_both", "accelerometer/both", accelerometerTrusted, [
    lookUp(accelerometerTrusted, readings),
    lookUp(accelerometerTrusted, customerTrusted),
  ]);
  return plan([...stediPlan.zones, people, readings, both]);
}

type Line = "rows" | "lookup";

/** The lines that a plan asks for. */
function linesOf({ zones }: Plan, policy: Policy): string[] {
  const line = (from: TableShape, kind: Line, to: Zone): string => `${from.name} -${kind}-> ${to.name}`;
  const lines = zones.flatMap((to) => [
    line(to.source, "rows", to),
    ...stepsUnder(to, policy)
      .flatMap(lookupsOf)
      .map((from) => line(from, "lookup", to)),
  ]);
  return [...new Set(lines)].sort();
}

type Arm = "up" | "down" | "left" | "right";

const opposite = { up: "down", down: "up", left: "right", right: "left" } as const;
const move = { up: [0, -1], down: [0, 1], left: [-1, 0], right: [1, 0] } as const;

/** The arms of each character of a line, and which lines it may be part of. */
const pieces: Readonly<Record<string, readonly [readonly Arm[], Line?]>> = {
  "│": [["up", "down"], "rows"],
  "─": [["left", "right"], "rows"],
  "└": [["up", "right"], "rows"],
  "┘": [["up", "left"], "rows"],
  "┌": [["down", "right"], "rows"],
  "┐": [["down", "left"], "rows"],
  "┆": [["up", "down"], "lookup"],
  "╌": [["left", "right"], "lookup"],
  "╰": [["up", "right"], "lookup"],
  "╯": [["up", "left"], "lookup"],
  "╭": [["down", "right"], "lookup"],
  "╮": [["down", "left"], "lookup"],
  "├": [["up", "down", "right"]],
  "┤": [["up", "down", "left"]],
  "┬": [["down", "left", "right"]],
  "┴": [["up", "left", "right"]],
  "┼": [["up", "down", "left", "right"]],
};

interface Box {
  readonly name: string;
  readonly left: number;
  readonly right: number;
  readonly top: number;
}

/** Follows every line of a drawing; throws where one is broken. */
class Tracer {
  readonly boxes: readonly Box[];
  readonly found: string[] = [];
  readonly #rows: readonly string[];
  /** The cells of lines, and the ways in which they were gone through. */
  readonly #seen = new Map<string, Set<Arm>>();

  constructor(text: string, tables: readonly TableShape[]) {
    this.#rows = text.slice(0, text.indexOf("\n\n")).split("\n");
    this.boxes = tables.map((table) => this.#findBox(table));
    for (const box of this.boxes) this.#traceFrom(box);
    this.found.sort();
  }

  /** The cells that are neither part of a box nor of a line that leaves one. */
  strays(): string[] {
    return this.#rows.flatMap((row, y) =>
      Array.from(row).flatMap((character, x) =>
        character === " " || this.#seen.has(`${x},${y}`) || this.#boxAt(x, y)
          ? []
          : [`${character} at ${x},${y}`],
      ),
    );
  }

  #at(x: number, y: number): string {
    return this.#rows[y]?.[x] ?? " ";
  }

  #boxAt(x: number, y: number): Box | undefined {
    return this.boxes.find(({ left, right, top }) => x >= left && x <= right && y >= top && y <= top + 3);
  }

  /** A box whose borders nothing crosses, with the table's name and folder in it and nothing else. */
  #findBox({ name, folder }: TableShape): Box {
    const pattern = new RegExp(`[│┊] *${name} *[│┊├]`);
    const y = this.#rows.findIndex((row) => pattern.test(row));
    const match = pattern.exec(this.#rows[y] ?? "");
    if (!match) throw new Error(`no box for ${name}`);
    const [left, right] = [match.index, match.index + match[0].length - 1];
    const slice = (line: number): string => (this.#rows[line] ?? "").slice(left, right + 1);
    expect(slice(y - 1)).toMatch(/^┌[─┄▼▽]+┐$/);
    expect(slice(y + 1)).toMatch(new RegExp(`^[│┊] *${folder} *[│┊]$`));
    expect(slice(y + 2)).toMatch(/^└[─┄]*┬?[─┄]*┘$/);
    return { name, left, right, top: y - 1 };
  }

  #traceFrom({ name, left, right, top }: Box): void {
    for (let x = left; x <= right; x++) {
      if (this.#at(x, top + 3) === "┬") this.#trace(name, "rows", x, top + 3, "down");
    }
    for (let y = top; y <= top + 3; y++) {
      if (this.#at(right, y) === "├") this.#trace(name, "lookup", right, y, "right");
    }
  }

  #trace(from: string, line: Line, x: number, y: number, way: Arm): void {
    const [nextX, nextY] = [x + move[way][0], y + move[way][1]];
    const character = this.#at(nextX, nextY);
    const where = `the ${line} of ${from} at ${nextX},${nextY}: "${character}"`;
    const seen = this.#seen.get(`${nextX},${nextY}`) ?? new Set<Arm>();
    // A line that is gone along twice belongs to two tables, or runs in a ring.
    if (seen.has(way) || seen.has(opposite[way])) throw new Error(`two lines in one, ${where}`);
    this.#seen.set(`${nextX},${nextY}`, seen.add(way));
    if (character === (line === "rows" ? "▼" : "▽") && way === "down") {
      const to = this.#boxAt(nextX, nextY);
      if (to?.top !== nextY) throw new Error(`an arrow to nothing, ${where}`);
      this.found.push(`${from} -${line}-> ${to.name}`);
      return;
    }
    const [arms, only] = pieces[character] ?? [[]];
    if (!arms.includes(opposite[way]) || (only ?? line) !== line) throw new Error(`a broken line, ${where}`);
    const ways = arms.length === 4 ? [way] : arms.filter((arm) => arm !== opposite[way]);
    for (const next of ways) this.#trace(from, line, nextX, nextY, next);
  }
}

function expectLinesOf(drawn: Plan, policy: Policy, columns: number): void {
  const landings = landingTables.filter((table) => drawn.zones.some((each) => each.source === table));
  const tracer = new Tracer(drawPlan(drawn, { policy, columns }), [...landings, ...drawn.zones]);
  expect(tracer.found).toEqual(linesOf(drawn, policy));
  expect(tracer.strays()).toEqual([]);
}

describe("the five zones", () => {
  it("are drawn so", () => {
    expect(`\n${drawPlan(stediPlan, { policy: "latest", columns: 120 })}`).toMatchInlineSnapshot(`
      "
      ┌────────────────────┐           ┌─────────────────────────┐       ┌────────────────────────────┐
      │  customer_landing  │           │  accelerometer_landing  │       │    step_trainer_landing    │
      │  customer/landing  │           │  accelerometer/landing  │       │    step_trainer/landing    │
      └──────────┬─────────┘           └────────────┬────────────┘       └──────────────┬─────────────┘
                 │                                  │                                   │
      ┌──────────▼─────────┐                        │                                   │
      │  customer_trusted  ├╌╌╌╌╌╌╌╮                │                                   │
      │  customer/trusted  │       ┆                │                                   │
      └──────────┬─────────┘       ┆                │                                   │
                 │                 ├╌╌╌╌╌╌╌╌╌╌╌╌╌╮  │                                   │
                 │                 ┆   ┌─────────▽──▼────────────┐                      │
                 │                 ┆   │  accelerometer_trusted  ├╌╌╌╮                  │
                 │                 ┆   │  accelerometer/trusted  │   ┆                  │
                 │                 ┆   └─────────────────────────┘   ┆                  │
                 │  ╭╌╌╌╌╌╌╌╌╌╌╌╌╌╌┼╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌┤                  │
      ┌──────────▼──▽──────┐       ┆                                 ┆                  │
      │  customer_curated  ├╌╌╌╮   ┆                                 ┆                  │
      │  customer/curated  │   ┆   ┆                                 ┆                  │
      └────────────────────┘   ┆   ┆                                 ┆                  │
                               ┆   ╰╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌┼╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╮  │
                               ├╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌┼╌╌╌╌╌╌╌╌╌╌╌╌╮  ┆  │
                               ┆                                     ┆   ┌────────▽──▽──▼─────────────┐
                               ┆                                     ┆   │    step_trainer_trusted    │
                               ┆                                     ┆   │    step_trainer/trusted    │
                               ┆                                     ┆   └──────────────┬─────────────┘
                               ┆                                     ╰╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╮  │
                               ╰╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╮  ┆  │
                                                                         ┌────────▽──▽──▼─────────────┐
                                                                         │  machine_learning_curated  │
                                                                         │  machine_learning/curated  │
                                                                         └────────────────────────────┘

      │ ▼  where a zone takes its rows from
      ┆ ▽  where a zone looks its rows up
       ┼   lines cross and do not meet

      Steps with --consent latest; after "else", the reason that the books give for what a step drops:

      customer_trusted
        1. keep the latest row of each registration (email and serialNumber), else superseded
        2. keep rows whose registration and whose person have a shareWithResearchAsOfDate in their latest snapshot, else
           no_consent

      accelerometer_trusted
        1. keep rows whose user is the email of a snapshot, good or damaged, in customer_landing, else unknown_person
        2. keep rows whose user is the email of a row of customer_trusted, else no_consent

      customer_curated
        1. keep rows whose email is the user of a row of accelerometer_trusted, else no_readings

      step_trainer_trusted
        1. keep rows whose serialNumber is that of a snapshot, good or damaged, in customer_landing, else unknown_serial
        2. keep rows whose serialNumber is that of a row of customer_trusted, else no_consent
        3. keep rows whose serialNumber is in customer_trusted for every owner, none of them unknown, else shared_serial
        4. keep rows whose serialNumber is that of a row of customer_curated, else no_readings

      machine_learning_curated
        1. join with rows of accelerometer_trusted whose timestamp is the sensorReadingTime and, pairing by person, whose user
           and the serialNumber are the email and serialNumber of a row of customer_curated, taking x, y and z, else no_pair
      "
    `);
  });

  it("stand in 80 columns, and where there is no room for that, in words", () => {
    expect(`\n${drawPlan(stediPlan, { policy: "latest", columns: 80 })}`.split("\n\n")[0])
      .toMatchInlineSnapshot(`
      "
      ┌────────────────┐     ┌─────────────────────┐   ┌────────────────────────┐
      │customer_landing│     │accelerometer_landing│   │  step_trainer_landing  │
      │customer/landing│     │accelerometer/landing│   │  step_trainer/landing  │
      └────────┬───────┘     └──────────┬──────────┘   └────────────┬───────────┘
               │                        │                           │
      ┌────────▼───────┐                │                           │
      │customer_trusted├╌╌╌╮            │                           │
      │customer/trusted│   ┆            │                           │
      └────────┬───────┘   ┆            │                           │
               │           ├╌╌╌╌╌╌╌╌╌╮  │                           │
               │           ┆ ┌───────▽──▼──────────┐                │
               │           ┆ │accelerometer_trusted├╌╮              │
               │           ┆ │accelerometer/trusted│ ┆              │
               │           ┆ └─────────────────────┘ ┆              │
               │  ╭╌╌╌╌╌╌╌╌┼╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌┤              │
      ┌────────▼──▽────┐   ┆                         ┆              │
      │customer_curated├╌╮ ┆                         ┆              │
      │customer/curated│ ┆ ┆                         ┆              │
      └────────────────┘ ┆ ┆                         ┆              │
                         ┆ ╰╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌┼╌╌╌╌╌╌╌╌╌╌╌╮  │
                         ├╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌┼╌╌╌╌╌╌╌╌╮  ┆  │
                         ┆                           ┆ ┌──────▽──▽──▼───────────┐
                         ┆                           ┆ │  step_trainer_trusted  │
                         ┆                           ┆ │  step_trainer/trusted  │
                         ┆                           ┆ └────────────┬───────────┘
                         ┆                           ╰╌╌╌╌╌╌╌╌╌╌╌╮  │
                         ╰╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╮  ┆  │
                                                       ┌──────▽──▽──▼───────────┐
                                                       │machine_learning_curated│
                                                       │machine_learning/curated│
                                                       └────────────────────────┘"
    `);
    expect(`\n${drawPlan(stediPlan, { policy: "latest", columns: 40 })}`).toMatchInlineSnapshot(`
      "
      Steps with --consent latest; after
      "else", the reason that the books give
      for what a step drops:

      customer_trusted
        written to customer/trusted
        rows from customer_landing
        1. keep the latest row of each
           registration (email and
           serialNumber), else superseded
        2. keep rows whose registration and
           whose person have a
           shareWithResearchAsOfDate in their
           latest snapshot, else no_consent

      accelerometer_trusted
        written to accelerometer/trusted
        rows from accelerometer_landing
        looks up customer_trusted
        1. keep rows whose user is the email
           of a snapshot, good or damaged, in
           customer_landing, else
           unknown_person
        2. keep rows whose user is the email
           of a row of customer_trusted, else
           no_consent

      customer_curated
        written to customer/curated
        rows from customer_trusted
        looks up accelerometer_trusted
        1. keep rows whose email is the user
           of a row of accelerometer_trusted,
           else no_readings

      step_trainer_trusted
        written to step_trainer/trusted
        rows from step_trainer_landing
        looks up customer_trusted and
        customer_curated
        1. keep rows whose serialNumber is
           that of a snapshot, good or
           damaged, in customer_landing, else
           unknown_serial
        2. keep rows whose serialNumber is
           that of a row of customer_trusted,
           else no_consent
        3. keep rows whose serialNumber is in
           customer_trusted for every owner,
           none of them unknown, else
           shared_serial
        4. keep rows whose serialNumber is
           that of a row of customer_curated,
           else no_readings

      machine_learning_curated
        written to machine_learning/curated
        rows from step_trainer_trusted
        looks up accelerometer_trusted and
        customer_curated
        1. join with rows of
           accelerometer_trusted whose
           timestamp is the sensorReadingTime
           and, pairing by person, whose user
           and the serialNumber are the email
           and serialNumber of a row of
           customer_curated, taking x, y and
           z, else no_pair
      "
    `);
  });
});

describe("the lines", () => {
  it.each(policies.flatMap((policy) => [75, 85, 96, WIDE].map((columns) => [policy, columns] as const)))(
    "lead where the plan says, under %s, at %i columns",
    (policy, columns) => expectLinesOf(stediPlan, policy, columns),
  );

  it.each([121, 137, WIDE])("lead where the plan says with further zones, at %i columns", (columns) =>
    expectLinesOf(eightZones(), "latest", columns),
  );

  it.each(policies)("are those of the steps that stand under %s", (policy) => {
    const trusted = zone("a", "a/a", customerLanding, []);
    const readings = zone("b", "b/b", stepTrainerLanding, [
      { kind: "every-owner", serial: "serialNumber", table: trusted, reason: "shared", under: ["latest"] },
    ]);
    expectLinesOf(plan([trusted, readings]), policy, WIDE);
  });

  it("lead where a plan says that looks rows up where they come from, and takes them twice from one zone", () => {
    const trusted = zone("a", "a/a", customerLanding, []);
    const same = zone("b", "b/b", trusted, [lookUp(trusted, trusted)]);
    const again = zone("c", "c/c", trusted, [lookUp(trusted, same)]);
    expectLinesOf(plan([trusted, same, again]), "latest", WIDE);
  });

  it("do not cross where lanes leave one another", () => {
    const first = zone("a", "a/a", customerLanding, []);
    const second = zone("b", "b/b", first, []);
    const besideBoth = zone("c", "c/c", customerLanding, []);
    const drawn = plan([first, second, besideBoth, zone("d", "d/d", first, [])]);
    expectLinesOf(drawn, "latest", WIDE);
    expect(drawPlan(drawn, { policy: "latest", columns: WIDE }).split("\n\n")[0]).not.toContain("┼");
  });

  it("lead where the plan says, whatever the plan", () => {
    const choices = fc.record({
      source: fc.nat(),
      lookups: fc.array(fc.nat(), { maxLength: 6 }),
      name: fc.string({ unit: fc.constantFrom("a", "b", "_"), maxLength: 30 }),
    });
    fc.assert(
      fc.property(fc.array(choices, { minLength: 1, maxLength: 9 }), (chosen) => {
        const zones: Zone[] = [];
        for (const { source, lookups, name } of chosen) {
          const tables = [...landingTables, ...zones];
          const from = tables[source % tables.length]!;
          const steps =
            zones.length === 0 ? [] : lookups.map((pick) => lookUp(from, zones[pick % zones.length]!));
          zones.push(zone(`z${zones.length}${name}`, `z${zones.length}/z`, from, steps));
        }
        expectLinesOf(plan(zones), "latest", WIDE);
      }),
      { numRuns: 300 },
    );
  });
});

describe("the text", () => {
  it("keeps to any width", () => {
    for (const drawn of [stediPlan, eightZones()]) {
      for (let columns = 20; columns <= 200; columns++) {
        const text = drawPlan(drawn, { policy: "as-of", columns, selected: new Set(["customer_trusted"]) });
        const lines = text.split("\n");
        expect(lines.pop()).toBe("");
        expect(lines.filter((line) => line.length > columns || line.endsWith(" "))).toEqual([]);
      }
    }
  });

  it("draws wherever there is room", () => {
    const drawn = (columns: number): boolean =>
      drawPlan(stediPlan, { policy: "latest", columns }).startsWith("┌");
    expect([74, 75, 120, Infinity].map(drawn)).toEqual([false, true, true, true]);
  });

  it("breaks a name that is too long", () => {
    const long = zone(`a${"b".repeat(50)}`, "a/a", customerLanding, []);
    const [, , ...lines] = drawPlan(plan([long]), { policy: "any", columns: 40 }).split("\n");
    expect(lines).toContain(`a${"b".repeat(39)}`);
    expect(lines).toContain("b".repeat(11));
  });

  it("says that a plan has no zones", () => {
    expect(drawPlan(plan([]), { policy: "latest", columns: 80 })).toBe("The plan has no zones.\n");
  });
});

/** What stands below a zone's name. */
function stepsOf(name: string, drawn: Plan, policy: Policy): string[] {
  const blocks = drawPlan(drawn, { policy, columns: WIDE }).split("\n\n");
  const block = blocks.find((text) => text.startsWith(`${name}\n`))!;
  return block.trimEnd().split("\n").slice(1);
}

describe("the steps in words", () => {
  it("are those of the policy", () => {
    expect(stepsOf("customer_trusted", stediPlan, "any")).toEqual([
      "  1. keep rows with a shareWithResearchAsOfDate, else no_consent",
    ]);
    expect(stepsOf("accelerometer_trusted", stediPlan, "as-of").at(-1)).toBe(
      "  3. keep rows whose timestamp is not before the shareWithResearchAsOfDate of their user, else before_consent",
    );
    expect(stepsOf("step_trainer_trusted", stediPlan, "any").map((line) => line.split(" else ")[1])).toEqual([
      "unknown_serial",
      "no_consent",
      "no_readings",
    ]);
    expect(stepsOf("step_trainer_trusted", stediPlan, "as-of").at(-1)).toBe(
      "  5. keep rows whose sensorReadingTime is not before the shareWithResearchAsOfDate of any owner of their serialNumber, else before_consent",
    );
  });

  it("name several fields, of one name or of two", () => {
    const on = (other: string): SemiJoin["on"] => [
      ["email", "email"],
      ["serialNumber", other],
    ];
    const trusted = zone("a", "a/a", customerLanding, []);
    const twice = zone("b", "b/b", trusted, [
      { kind: "semi-join", table: trusted, on: on("serialNumber"), reason: "one" },
      { kind: "semi-join", table: trusted, on: on("email"), reason: "two" },
    ]);
    const drawn = plan([trusted, twice]);
    expect(stepsOf("a", drawn, "latest")).toEqual(["  1. keep all rows"]);
    expect(stepsOf("b", drawn, "latest")).toEqual([
      "  1. keep rows whose email and serialNumber are those of a row of a, else one",
      "  2. keep rows whose email and serialNumber are the email and email of a row of a, else two",
    ]);
  });
});

describe("a selection", () => {
  it("stands out: other zones have a lighter border", () => {
    const selected = new Set(["customer_trusted", "machine_learning_curated"]);
    const text = drawPlan(stediPlan, { policy: "latest", columns: 120, selected });
    const light = text.split("\n").flatMap((line) => /┊ *(\w+) *[┊├]/.exec(line)?.[1] ?? []);
    expect(light).toEqual(["accelerometer_trusted", "customer_curated", "step_trainer_trusted"]);
    expect(text).toContain(" ┄   not selected\n");
    expect(text).toContain("\ncustomer_curated (not selected)\n");
    expect(text).toContain("\nmachine_learning_curated\n");
    const tracer = new Tracer(text, [...landingTables, ...stediPlan.zones]);
    expect(tracer.found).toEqual(linesOf(stediPlan, "latest"));
  });

  it("of all zones is as none", () => {
    const selected = new Set(stediPlan.zones.map((each) => each.name));
    const text = drawPlan(stediPlan, { policy: "latest", columns: 120, selected });
    expect(text).toBe(drawPlan(stediPlan, { policy: "latest", columns: 120 }));
  });

  it("is told where nothing is drawn", () => {
    const text = drawPlan(stediPlan, {
      policy: "latest",
      columns: 40,
      selected: new Set(["customer_trusted"]),
    });
    expect(text.split("\n").filter((line) => line.endsWith("(not selected)"))).toHaveLength(4);
  });
});

describe("colour", () => {
  it("is in the names above the steps, and nowhere unless asked for", () => {
    const plain = drawPlan(stediPlan, { policy: "latest", columns: 120 });
    const coloured = drawPlan(stediPlan, { policy: "latest", columns: 120, color: true });
    expect(plain).not.toContain("\u001b");
    expect(coloured).toContain("\n\u001b[1mcustomer_trusted\u001b[22m\n");
    // eslint-disable-next-line no-control-regex
    expect(coloured.replace(/\u001b\[\d+m/g, "")).toBe(plain);
  });
});
