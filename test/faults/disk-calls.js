// Stands between the program and its disk: every call of node:fs/promises that the folder store makes goes through a
// function of the test's. Plain JavaScript, as the built command loads it too (kill-at.js).

import promises from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";

/** Calls after which the disk is not as it was before. */
export const changing = new Set(["mkdir", "open wx", "write", "writeFile", "sync", "close", "link", "rm"]);

const ofPaths = /** @type {const} */ (["mkdir", "rm", "link", "stat", "readdir", "readFile"]);
const ofHandles = /** @type {const} */ (["read", "write", "writeFile", "sync", "stat", "close"]);

/**
 * A call: its name (`open wx` where a new file is made, `open` where one is read), the path that it is about, what it was
 * given, and the call itself.
 * @callback Around
 * @param {string} name
 * @param {string} path
 * @param {unknown[]} given
 * @param {(...given: unknown[]) => Promise<unknown>} call
 * @returns {Promise<unknown>}
 */

/**
 * @param {Around} around what to do in the place of each call
 * @returns {() => void} ends it
 */
export function interceptDisk(around) {
  /** @type {Record<string, unknown>} */
  const functions = /** @type {never} */ (promises);
  const before = { ...functions };
  for (const name of ofPaths) {
    const call = /** @type {(...given: unknown[]) => Promise<unknown>} */ (before[name]);
    functions[name] = (/** @type {unknown[]} */ ...given) =>
      around(name, String(given[name === "link" ? 1 : 0]), given, call);
  }
  const open = promises.open;
  functions.open = async (/** @type {string} */ path, /** @type {string | number} */ flags) => {
    const opened = await around(flags === "wx" ? "open wx" : "open", path, [path, flags], () =>
      open(path, flags),
    );
    const handle = /** @type {import("node:fs/promises").FileHandle} */ (opened);
    for (const name of ofHandles) {
      const method = /** @type {(...given: unknown[]) => Promise<unknown>} */ (handle[name].bind(handle));
      // The end of reading changes nothing.
      const called = name === "close" && flags !== "wx" ? "close read" : name;
      Object.assign(handle, {
        [name]: (/** @type {unknown[]} */ ...given) => around(called, path, given, method),
      });
    }
    return handle;
  };
  syncBuiltinESMExports();
  return () => {
    Object.assign(functions, before);
    syncBuiltinESMExports();
  };
}
