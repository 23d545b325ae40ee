// A process of its own that builds lakes when it is told to, again and again, with the built package: two of them race
// for a commit. It is told `{uri, rules}`, says "ready" when it is about to commit, goes on at "go", and answers with
// what came of it.

import { once } from "node:events";
import process from "node:process";
import { openStore, runPipeline, StediError } from "../../dist/index.js";

/**
 * @param {string} uri
 * @param {never} rules
 */
async function run(uri, rules) {
  const lake = await openStore(uri);
  const put = lake.putIfAbsent.bind(lake);
  lake.putIfAbsent = async (path, bytes) => {
    if (path.startsWith("_stedi/commits/")) {
      process.send?.("ready");
      await once(process, "message");
    }
    return put(path, bytes);
  };
  try {
    const { commit, warnings } = await runPipeline({ lake, rules });
    const swept = warnings.every(({ code }) => code !== "STEDI_W_NOT_SWEPT");
    return { code: "", exitCode: 0, commit, swept };
  } catch (error) {
    if (!(error instanceof StediError)) throw error;
    return { code: error.code, exitCode: error.exitCode, commit: 0, swept: true };
  }
}

process.on("message", (/** @type {{ uri: string, rules: never } | "go"} */ message) => {
  if (message !== "go") void run(message.uri, message.rules).then((outcome) => process.send?.(outcome));
});
