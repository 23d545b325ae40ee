// Loaded before this program (node --import): writes to the file BENCH_FSYNC for how long, in seconds, at least one
// fsync was under way in the main thread, which does all of them.

import { writeFileSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { isMainThread } from "node:worker_threads";

if (isMainThread) {
  const handle = await open(process.execPath);
  const prototype = Object.getPrototypeOf(handle) as FileHandle;
  await handle.close();
  let underWay = 0;
  let since = 0;
  let total = 0;
  for (const name of ["sync", "datasync"] as const) {
    // eslint-disable-next-line @typescript-eslint/unbound-method -- called with its `this` below
    const original = prototype[name];
    prototype[name] = async function (this: FileHandle): Promise<void> {
      if (underWay++ === 0) since = performance.now();
      try {
        await original.call(this);
      } finally {
        if (--underWay === 0) total += performance.now() - since;
      }
    };
  }
  process.once("exit", () => writeFileSync(process.env.BENCH_FSYNC!, String(total / 1000)));
}
