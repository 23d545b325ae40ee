// A plot of a figure against the size of the lake: both axes logarithmic, one line for each program.

export interface Series {
  readonly name: string;
  /** Size in GB, and the figure. */
  readonly points: readonly (readonly [number, number])[];
}

const [width, height] = [640, 360];
const [left, right, top, bottom] = [70, 150, 40, 50];
const colours = ["#0b6e4f", "#c1440e", "#3b5b92", "#8a5a9e", "#7a7a7a"];

export function plot(title: string, unit: string, series: readonly Series[]): string {
  const shown = series.filter((one) => one.points.length > 0);
  const points = shown.flatMap((one) => one.points);
  const x = scale(
    points.map(([size]) => size),
    left,
    width - right,
  );
  const y = scale(
    points.map(([, value]) => value),
    height - bottom,
    top,
  );
  const parts = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="12">`,
    `<rect width="${width}" height="${height}" fill="white"/>`,
    text(left, 20, "start", title, ' font-size="14"'),
    ...x.ticks.flatMap((tick) => [
      line(x.at(tick), top, x.at(tick), height - bottom),
      text(x.at(tick), height - bottom + 18, "middle", String(tick)),
    ]),
    ...y.ticks.flatMap((tick) => [
      line(left, y.at(tick), width - right, y.at(tick)),
      text(left - 6, y.at(tick) + 4, "end", String(tick)),
    ]),
    text((left + width - right) / 2, height - 10, "middle", "lake, GB"),
    text(left - 6, top - 8, "end", unit),
    ...shown.flatMap((one, index) => drawn(one, colours[index % colours.length]!, index, x.at, y.at)),
    "</svg>",
  ];
  return `${parts.join("\n")}\n`;
}

function drawn(
  { name, points }: Series,
  colour: string,
  index: number,
  x: (value: number) => number,
  y: (value: number) => number,
): string[] {
  const places = points.map(([size, value]) => [x(size).toFixed(1), y(value).toFixed(1)] as const);
  const legend = top + 12 + index * 18;
  return [
    `<polyline fill="none" stroke="${colour}" stroke-width="2" points="${places.map((at) => at.join(",")).join(" ")}"/>`,
    ...places.map(([cx, cy]) => `<circle cx="${cx}" cy="${cy}" r="3.5" fill="${colour}"/>`),
    `<circle cx="${width - right + 16}" cy="${legend - 4}" r="4" fill="${colour}"/>`,
    text(width - right + 26, legend, "start", name),
  ];
}

interface Scale {
  readonly at: (value: number) => number;
  readonly ticks: readonly number[];
}

/** From the power of ten below the least value to a round number above the greatest. */
function scale(values: readonly number[], from: number, to: number): Scale {
  const steps = Array.from({ length: 14 }, (_, power) =>
    [1, 2, 5].map((digit) => Number(`${digit}e${power - 4}`)),
  );
  const round = steps.flat();
  const low = round.findLast((step) => step <= Math.min(...values)) ?? round[0]!;
  const high = round.find((step) => step >= Math.max(...values) && step > low) ?? round.at(-1)!;
  const span = Math.log(high / low);
  return {
    at: (value) => from + ((to - from) * Math.log(value / low)) / span,
    ticks: round.filter((step) => step >= low && step <= high),
  };
}

function line(x1: number, y1: number, x2: number, y2: number): string {
  const [a, b, c, d] = [x1, y1, x2, y2].map((value) => value.toFixed(1));
  return `<line x1="${a}" y1="${b}" x2="${c}" y2="${d}" stroke="#ddd"/>`;
}

function text(x: number, y: number, anchor: string, words: string, more = ""): string {
  return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" text-anchor="${anchor}"${more}>${words}</text>`;
}
