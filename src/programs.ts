// What threads run. The programs are named from here, as built code stands in other files than its source does
// (docs/decisions/0011-bundles.md): this one's is always in the folder that they are below.

export const readingsProgram = new URL("./pipeline/readings-worker.js", import.meta.url);
export const unpackingProgram = new URL("./io/unpacking-worker.js", import.meta.url);
