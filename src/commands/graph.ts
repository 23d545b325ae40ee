// Draws a plan in the terminal, as Glue Studio draws its jobs: a box for each table, lines from top to bottom for
// what reads what, and below them each zone's steps in words. Where a drawing is too wide, the words stand alone.
//
// The drawing has a row for the landing tables and one for each zone, in the plan's order: so the gap above a zone
// belongs to the lines that end there. It has a lane for each chain of tables that take their rows from one
// another: so these lines run straight down. A table in which zones look rows up has a channel of its own for
// that, to the right of its lane.

import picocolors from "picocolors";
import {
  type Join,
  lookupsOf,
  type Plan,
  type Step,
  stepsUnder,
  type Who,
  type Zone,
} from "../pipeline/plan.js";
import type { Policy } from "../transforms/policy.js";
import { customerLanding, landingTables, type TableShape } from "../transforms/tables.js";

export interface DrawOptions {
  /** Steps, and what they look up, are shown as they stand under it. */
  readonly policy: Policy;
  /** No line is longer; 20 at least. */
  readonly columns: number;
  /** The names of the zones that are meant: the others are drawn lighter. Left out: all. */
  readonly selected?: ReadonlySet<string> | undefined;
  readonly color?: boolean | undefined;
}

/** The plan as text: a drawing, where there is room for one, and each zone's steps in words. */
export function drawPlan(plan: Plan, options: DrawOptions): string {
  if (plan.zones.length === 0) return "The plan has no zones.\n";
  const wiring = wiringOf(plan, options.policy);
  const drawing = densities
    .map((density) => drawingOf(wiring, density, options))
    .find((lines) => lines.every((line) => line.length <= options.columns));
  const lines = [
    ...(drawing ? [...drawing, "", ...legend(plan, options), ""] : []),
    ...wrap(stepsTitle(options), options.columns),
    ...plan.zones.flatMap((zone) => ["", ...zoneInWords(zone, wiring, options, !drawing)]),
  ];
  return lines.map((line) => `${line}\n`).join("");
}

function isSelected({ name }: TableShape, { selected }: DrawOptions): boolean {
  return selected?.has(name) ?? true;
}

// What reads what.

type Tables = readonly TableShape[];

interface Wiring {
  /** Chains of tables, each taking its rows from the one before; from left to right. */
  readonly lanes: readonly Tables[];
  /** The tables that stand beside each other in the drawing; from top to bottom. */
  readonly ranks: readonly Tables[];
  /** The zones that take their rows from a table. */
  readonly takers: (table: TableShape) => readonly Zone[];
  /** The tables that a table looks rows up in. */
  readonly lookups: (table: TableShape) => Tables;
}

function wiringOf({ zones }: Plan, policy: Policy): Wiring {
  const takers = (table: TableShape): readonly Zone[] => zones.filter((zone) => zone.source === table);
  const lookedUp = new Map<TableShape, Tables>(
    zones.map((zone) => [zone, [...new Set(stepsUnder(zone, policy).flatMap(lookupsOf))]]),
  );
  const landings = landingTables.filter((table) => takers(table).length > 0);
  return {
    lanes: landings.flatMap((table) => lanesFrom(table, takers)),
    ranks: [landings, ...zones.map((zone) => [zone])],
    takers,
    lookups: (table) => lookedUp.get(table) ?? [],
  };
}

/** The first zone that takes a table's rows stands below it; each further one starts a lane beside. */
function lanesFrom(first: TableShape, takers: Wiring["takers"]): readonly Tables[] {
  const lane: TableShape[] = [];
  for (let next: TableShape | undefined = first; next; next = takers(next)[0]) lane.push(next);
  // What leaves the lane further down comes nearer to it: so it is not in the way of what left further up.
  const further = lane.toReversed().flatMap((table) => takers(table).slice(1));
  return [lane, ...further.flatMap((zone) => lanesFrom(zone, takers))];
}

/** The tables that a table looks rows up in, by the side that their lines come from; the nearest channel first. */
function sidesOf(table: TableShape, { lanes, lookups }: Wiring): readonly [Tables, Tables] {
  const own = lanes.findIndex((lane) => lane.includes(table));
  const among = (some: readonly Tables[]): Tables =>
    some.flatMap(inOrderOfChannels).filter((other) => lookups(table).includes(other));
  return [among(lanes.slice(0, own)).toReversed(), among(lanes.slice(own))];
}

/** The lower a box, the nearer its channel: so its line does not cross those from further up on its way. */
function inOrderOfChannels(lane: Tables): Tables {
  return lane.toReversed();
}

// Where everything stands.

/** Spaces beside the text in a box, and columns from one line beside a lane to the next. */
interface Density {
  readonly padding: number;
  readonly pitch: number;
}

/** The first that fits is taken. The last gets the five zones into 80 columns. */
const densities: readonly Density[] = [
  { padding: 2, pitch: 4 },
  { padding: 1, pitch: 3 },
  { padding: 0, pitch: 2 },
];

/** Lines of a box: its name and its folder, between two borders. */
const boxHeight = 4;

/** Columns from one arrow at the top of a box to the next. */
const arrowPitch = 3;

/** The columns that a table stands in. */
interface Place {
  readonly left: number;
  /** Where rows come in and go out. */
  readonly middle: number;
  readonly right: number;
  readonly channel: number;
}

interface Box extends Place {
  readonly table: TableShape;
  readonly top: number;
  readonly bottom: number;
}

type Boxes = ReadonlyMap<TableShape, Box>;

function boxesOf(wiring: Wiring, density: Density): Boxes {
  const places = placesOf(wiring, density);
  const boxes = new Map<TableShape, Box>();
  let top = 0;
  for (const [rank, tables] of wiring.ranks.entries()) {
    for (const table of tables) {
      boxes.set(table, { ...places.get(table)!, table, top, bottom: top + boxHeight - 1 });
    }
    top += boxHeight + gapBelow(rank, wiring);
  }
  return boxes;
}

/** The lines between two rows of boxes: one for what leaves a lane, then those that the box below needs. */
function gapBelow(rank: number, wiring: Wiring): number {
  const { ranks, takers } = wiring;
  const leaving = ranks[rank]!.some((table) => takers(table).length > 1) ? 1 : 0;
  return Math.max(1, leaving + arrowsBeside(ranks[rank + 1] ?? [], wiring));
}

function placesOf(wiring: Wiring, { padding, pitch }: Density): ReadonlyMap<TableShape, Place> {
  const places = new Map<TableShape, Place>();
  const lookedUp = new Set(wiring.ranks.flat().flatMap((table) => wiring.lookups(table)));
  let left = 0;
  for (const lane of wiring.lanes) {
    const text = Math.max(...lane.flatMap(({ name, folder }) => [name.length, folder.length]));
    const inner = Math.max(text + 2 * padding, 2 * arrowPitch * arrowsBeside(lane, wiring) + 1);
    const right = left + inner + 1;
    const middle = Math.ceil((left + right) / 2);
    let channel = right;
    for (const table of inOrderOfChannels(lane)) {
      if (lookedUp.has(table)) channel += pitch;
      places.set(table, { left, middle, right, channel });
    }
    left = channel + pitch;
  }
  return places;
}

/** The most lookups that come to one side of any of these tables. */
function arrowsBeside(tables: Tables, wiring: Wiring): number {
  return Math.max(0, ...tables.flatMap((table) => sidesOf(table, wiring).map((side) => side.length)));
}

// Drawing.

function drawingOf(wiring: Wiring, density: Density, options: DrawOptions): readonly string[] {
  const boxes = boxesOf(wiring, density);
  const grid = new Grid();
  for (const box of boxes.values()) {
    const isZone = !landingTables.includes(box.table);
    drawBox(grid, box, isZone && !isSelected(box.table, options) ? "light" : "solid");
  }
  for (const box of boxes.values()) {
    for (const zone of wiring.takers(box.table)) drawRows(grid, box, boxes.get(zone)!);
    drawLookups(grid, box, wiring, boxes);
  }
  return grid.lines();
}

function drawBox(grid: Grid, { table, left, right, top, bottom }: Box, style: Style): void {
  const corner = { x: left, y: top };
  grid.line(style, [corner, { x: right, y: top }, { x: right, y: bottom }, { x: left, y: bottom }, corner]);
  for (const [index, text] of [table.name, table.folder].entries()) {
    const x = left + Math.ceil((right - left + 1 - text.length) / 2);
    grid.text({ x, y: top + 1 + index }, text);
  }
}

/** The line of the rows that `to` takes from `from`: straight down, or over into a lane that starts here. */
function drawRows(grid: Grid, from: Box, to: Box): void {
  const y = from.bottom + 1;
  const end = { x: to.middle, y: to.top };
  grid.line("solid", [{ x: from.middle, y: from.bottom }, { x: from.middle, y }, { x: to.middle, y }, end]);
  grid.text(end, "▼");
}

/**
 * The lines of what a table looks up. The one from the nearest channel runs highest and ends nearest to the middle;
 * those from further away run below it and end before it: so none crosses another in the gap.
 */
function drawLookups(grid: Grid, to: Box, wiring: Wiring, boxes: Boxes): void {
  for (const [side, tables] of sidesOf(to.table, wiring).entries()) {
    const outwards = side === 0 ? -arrowPitch : arrowPitch;
    for (const [index, table] of tables.entries()) {
      const end = { x: to.middle + outwards * (index + 1), y: to.top };
      drawLookup(grid, boxes.get(table)!, to.top - tables.length + index, end);
    }
  }
}

/** A line from the right of a box down its channel, and along the line `y` of the drawing to above its end. */
function drawLookup(grid: Grid, { right, top, channel }: Box, y: number, end: Point): void {
  const start = { x: right, y: top + 1 };
  const corners = [
    { x: channel, y: start.y },
    { x: channel, y },
    { x: end.x, y },
  ];
  grid.line("dotted", [start, ...corners, end]);
  grid.text(end, "▽");
}

interface Point {
  readonly x: number;
  readonly y: number;
}

/** The directions in which a line leaves a cell. Those of a cell add up to the place of its character below. */
const arms = { up: 1, down: 2, left: 4, right: 8 } as const;

/** There are no dotted corners, so round ones stand in; where three or four arms meet, all styles look alike. */
const characters = {
  solid: " │││─┘┐┤─└┌├─┴┬┼",
  light: " ┊┊┊┄┘┐┤┄└┌├┄┴┬┼",
  dotted: " ┆┆┆╌╯╮┤╌╰╭├╌┴┬┼",
} as const;
type Style = keyof typeof characters;

interface Cell {
  arms: number;
  style: Style;
  text?: string;
}

/** A sheet on which lines that meet are joined. */
class Grid {
  readonly #rows: Cell[][] = [];

  /** Draws a line from point to point, each straight above, below or beside the one before. */
  line(style: Style, points: readonly Point[]): void {
    for (const [index, to] of points.slice(1).entries()) this.#stretch(style, points[index]!, to);
  }

  /** Writes over whatever is there. */
  text({ x, y }: Point, text: string): void {
    for (const [index, character] of Array.from(text).entries()) this.#cell(x + index, y).text = character;
  }

  lines(): readonly string[] {
    return this.#rows.map((row) => Array.from(row, characterOf).join("").trimEnd());
  }

  #stretch(style: Style, from: Point, to: Point): void {
    const across = from.y === to.y;
    // Only one of x and y changes, so their sum says which end comes first and when the other is reached.
    const [first, last] = from.x + from.y < to.x + to.y ? [from, to] : [to, from];
    for (let { x, y } = first; x + y < last.x + last.y; across ? x++ : y++) {
      this.#arm(style, x, y, across ? arms.right : arms.down);
      this.#arm(style, across ? x + 1 : x, across ? y : y + 1, across ? arms.left : arms.up);
    }
  }

  #arm(style: Style, x: number, y: number, arm: number): void {
    const cell = this.#cell(x, y);
    cell.arms |= arm;
    cell.style = style;
  }

  #cell(x: number, y: number): Cell {
    while (this.#rows.length <= y) this.#rows.push([]);
    return (this.#rows[y]![x] ??= { arms: 0, style: "solid" });
  }
}

function characterOf(cell: Cell | undefined): string {
  return cell === undefined ? " " : (cell.text ?? characters[cell.style][cell.arms]!);
}

// Words.

function stepsTitle({ policy }: DrawOptions): string {
  return `Steps with --consent ${policy}; after "else", the reason that the books give for what a step drops:`;
}

function legend({ zones }: Plan, options: DrawOptions): readonly string[] {
  const { columns } = options;
  const all = zones.every((zone) => isSelected(zone, options));
  return [
    ...wrap("where a zone takes its rows from", columns, "│ ▼  "),
    ...wrap("where a zone looks its rows up", columns, "┆ ▽  "),
    ...wrap("lines cross and do not meet", columns, " ┼   "),
    ...(all ? [] : wrap("not selected", columns, " ┄   ")),
  ];
}

/** @param alone no drawing says what the zone reads */
function zoneInWords(zone: Zone, wiring: Wiring, options: DrawOptions, alone: boolean): readonly string[] {
  const { policy, columns } = options;
  const { bold } = picocolors.createColors(options.color ?? false);
  const title = isSelected(zone, options) ? zone.name : `${zone.name} (not selected)`;
  const steps = stepsUnder(zone, policy).map((step) => `${stepInWords(step, policy)}, else ${step.reason}`);
  if (steps.length === 0) steps.push("keep all rows");
  return [
    ...wrap(title, columns).map((line) => bold(line)),
    ...(alone ? readsInWords(zone, wiring) : []).flatMap((line) => wrap(line, columns, "  ")),
    ...steps.flatMap((line, index) => wrap(line, columns, `  ${index + 1}. `)),
  ];
}

function readsInWords(zone: Zone, { lookups }: Wiring): readonly string[] {
  const names = lookups(zone).map((table) => table.name);
  const reads = [`written to ${zone.folder}`, `rows from ${zone.source.name}`];
  return names.length === 0 ? reads : [...reads, `looks up ${listed(names)}`];
}

function stepInWords(step: Step, policy: Policy): string {
  switch (step.kind) {
    case "latest":
      return "keep the latest row of each registration (email and serialNumber)";
    case "consenting":
      return policy === "any"
        ? `keep rows with a ${step.purpose}`
        : `keep rows whose registration and whose person have a ${step.purpose} in their latest snapshot`;
    case "known": {
      const field = step.who.by === "person" ? "email" : "serialNumber";
      const same = equal([step.who.field], [field]);
      return `keep rows whose ${same} of a snapshot, good or damaged, in ${customerLanding.name}`;
    }
    case "sharing":
      return policy === "any"
        ? `keep rows whose ${step.person} had a ${step.purpose} in any snapshot`
        : `keep rows whose ${step.person} has a ${step.purpose} in their latest snapshot`;
    case "semi-join": {
      const [own, other] = [step.on.map(([field]) => field), step.on.map(([, field]) => field)];
      return `keep rows whose ${equal(own, other)} of a row of ${step.table.name}`;
    }
    case "every-owner":
      return `keep rows whose ${step.serial} is in ${step.table.name} for every owner, none of them unknown`;
    case "since":
      return `keep rows whose ${step.time} is not before the ${step.purpose} of ${whoInWords(step.who)}`;
    case "join":
      return joinInWords(step);
  }
}

function whoInWords({ by, field }: Who): string {
  return by === "person" ? `their ${field}` : `any owner of their ${field}`;
}

function joinInWords({ table, time, through, take }: Join): string {
  const { probe, build } = through;
  const same = equal([build[0], `the ${probe[0]}`], [build[1], probe[1]]);
  const join =
    `join with rows of ${table.name} whose ${time[1]} is the ${time[0]} ` +
    `and, pairing by person, whose ${same} of a row of ${through.table.name}`;
  return take.length === 0 ? join : `${join}, taking ${listed(take)}`;
}

/** That some fields of a row equal others, up to the word that says of what row those are. */
function equal(own: readonly string[], other: readonly string[]): string {
  const [is, same] = own.length > 1 ? ["are", "those"] : ["is", "that"];
  return `${listed(own)} ${is} ${listed(own) === listed(other) ? same : `the ${listed(other)}`}`;
}

/** `a`, `a and b`, `a, b and c` */
function listed(names: readonly string[]): string {
  return [...names.slice(0, -2), names.slice(-2).join(" and ")].join(", ");
}

/** Breaks text at spaces, and words that are too long; lines after the first go in as far as `start` is long. */
function wrap(text: string, columns: number, start = ""): readonly string[] {
  const room = Math.max(1, columns - start.length);
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ").flatMap((long) => cut(long, room))) {
    if (line !== "" && line.length + 1 + word.length > room) {
      lines.push(line);
      line = "";
    }
    line += line === "" ? word : ` ${word}`;
  }
  lines.push(line);
  return lines.map((each, index) => (index === 0 ? start : " ".repeat(start.length)) + each);
}

function cut(word: string, length: number): readonly string[] {
  const pieces: string[] = [];
  for (let at = 0; at < word.length; at += length) pieces.push(word.slice(at, at + length));
  return pieces;
}
