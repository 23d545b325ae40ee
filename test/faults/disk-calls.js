// Stands between the program and its disk: every call of node:fs/promises that the folder store makes goes through a
// function of the test's, and so do those of disk-reads.ts. Plain JavaScript, as the built command loads it too
// (kill-at.js).

import fs from "node:fs";
import promises from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";
import { promisify } from "node:util";

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
  const readsAsBefore = interceptReads(around);
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
    readsAsBefore();
    syncBuiltinESMExports();
  };
}

/**
 * The calls with callbacks; a read is given what a handle's is given, and answers as that does.
 * @param {Around} around
 * @returns {() => void} ends it
 */
function interceptReads(around) {
  /** @typedef {(...given: unknown[]) => Promise<unknown>} Call */
  /** @type {Record<string, unknown>} */
  const functions = /** @type {never} */ (fs);
  const { open, read, stat } = functions;
  /** @type {Map<unknown, string>} */
  const paths = new Map();
  const promised = (/** @type {unknown} */ call) =>
    /** @type {Call} */ (promisify(/** @type {never} */ (call)));
  const answering =
    (/** @type {(...given: unknown[]) => Promise<unknown>} */ call) =>
    (/** @type {unknown[]} */ ...given) => {
      const done = /** @type {(error: unknown, result?: unknown) => void} */ (given.pop());
      call(...given).then((result) => done(null, result), done);
    };
  functions.open = answering(async (...given) => {
    const descriptor = await around("open", String(given[0]), given, promised(open));
    paths.set(descriptor, String(given[0]));
    return descriptor;
  });
  functions.read = answering(async (descriptor, ...given) => {
    const call = promised(read).bind(undefined, descriptor);
    const answer = await around("read", paths.get(descriptor) ?? "", given, call);
    return /** @type {{ bytesRead: number }} */ (answer).bytesRead;
  });
  functions.stat = answering((...given) => around("stat", String(given[0]), given, promised(stat)));
  return () => Object.assign(functions, { open, read, stat });
}
