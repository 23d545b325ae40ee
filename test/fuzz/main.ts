// `npm run fuzz`: fuzzed lakes for some time, each with a number of its own. The first one on which engine and
// reference differ is made small, shown, and ends the search.

import { parseArgs } from "node:util";
import { expectSame, fuzzCase, shrunk } from "./cases.js";

function print(...what: readonly unknown[]): void {
  process.stdout.write(
    `${what.map((each) => (typeof each === "string" ? each : JSON.stringify(each))).join(" ")}\n`,
  );
}

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "120" },
    cases: { type: "string", default: "Infinity" },
    seed: { type: "string", default: String(Date.now() % 1_000_000_000) },
  },
});
const end = Date.now() + Number(values.seconds) * 1000;
const first = Number(values.seed);
const most = Number(values.cases);

let done = 0;
let longest = 0;
let failed = false;
while (done < most && Date.now() < end && !failed) {
  const seed = first + done++;
  const startedAt = performance.now();
  const made = fuzzCase(seed);
  try {
    await expectSame(made);
  } catch (error) {
    failed = true;
    print(`case ${seed} differs`);
    const small = await shrunk(made);
    print(small.rules, { ...small.options, tuning: { ...small.options.tuning, scanners: undefined } });
    for (const [path, bytes] of small.files) {
      if (bytes.length > 0) print(`${path}: ${JSON.stringify(Buffer.from(bytes).toString("latin1"))}`);
    }
    await expectSame(small).catch((smaller: unknown) => print(String(smaller)));
    print(String(error).slice(0, 300));
  }
  longest = Math.max(longest, performance.now() - startedAt);
}
print(
  `${done} cases from --seed ${first}, the longest ${longest.toFixed(0)} ms, ${Math.round(process.memoryUsage().rss / 1e6)} MB in use: ${failed ? "one differs" : "none differs"}`,
);
if (failed) process.exitCode = 1;
