// When V8 collects garbage and compiles, where by itself it would do so too late or too often. What is set here is set for the
// process: collecting and compiling seldom is for programs, not for libraries.

import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

let collect: (() => void) | undefined;

/**
 * Collects garbage at once, which takes some 0.1 s for each 100 MB in use. What a pass over the customers leaves behind is
 * as much as all that the next one needs, and V8 would keep it until the heap has doubled.
 */
export function collectGarbage(): void {
  if (!collect) {
    setFlagsFromString("--expose-gc");
    collect = runInNewContext("gc") as () => void;
    setFlagsFromString("--no-expose-gc");
  }
  collect();
}

/**
 * Lets the heap grow to four times what is in use before it is collected. So far it may grow by itself; how far it does goes
 * by how fast objects fill it, while what comes from a network and goes there lies outside it, and counts all the same: a
 * gigabyte each way had it collected 150 times, for a quarter of a run's processor time.
 */
export function collectSeldom(): void {
  setFlagsFromString("--heap-growing-percent=300");
}

/**
 * Lets functions run for longer before they are compiled again, for speed: the larger ones, five times as long. A run of
 * seconds has V8 compile 300 functions, a seventh of its processor time; some of them are called once for each block,
 * and many are compiled once more, since what they met afterwards was new. For V8 11 (Node 20): later ones go by other
 * numbers.
 */
export function compileSeldom(): void {
  if (process.versions.v8.startsWith("11.")) setFlagsFromString("--bytecode-size-allowance-per-tick=30");
}
