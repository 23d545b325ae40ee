// Threads as a run starts them. They run what is built.

import { defaultThreads, type ThreadOptions } from "../../src/pipeline/readings-pool.js";

const dist = new URL("../../dist/", import.meta.url);

export const unpackingProgram = new URL("io/unpacking-worker.js", dist);

export const builtThreads: ThreadOptions = {
  ...defaultThreads,
  file: new URL("pipeline/readings-worker.js", dist),
  unpacking: unpackingProgram,
};
