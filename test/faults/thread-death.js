// Loaded into the built command before anything else (`node --import`), and so into each of its threads: ends a thread
// in the middle of its work. STEDI_THREAD_DEATH is `<how>:<part>`: with its so manieth part a thread throws an error
// that quotes what it has read (`throw`), takes memory until there is no more (`memory`), or is gone (`exit`).

import { Buffer } from "node:buffer";
import process from "node:process";
import { isMainThread, parentPort } from "node:worker_threads";

if (!isMainThread && parentPort) {
  const [how, at] = (process.env.STEDI_THREAD_DEATH ?? "").split(":");
  const send = parentPort.postMessage.bind(parentPort);
  let parts = 0;
  parentPort.postMessage = (/** @type {unknown} */ message) => {
    if (++parts === Number(at))
      die(how, /** @type {import("../../src/pipeline/readings-pool.js").FromWorker} */ (message));
    send(message);
  };
}

/**
 * @param {string | undefined} how
 * @param {import("../../src/pipeline/readings-pool.js").FromWorker} message
 */
function die(how, message) {
  if (how === "exit") process.exit(0);
  const held = [];
  while (how === "memory") held.push(new Array(100_000).fill(held.length));
  const [route] = "routes" in message.part ? message.part.routes : [];
  const lines = route?.lines?.bytes ?? new Uint8Array();
  throw new SyntaxError(`Unexpected token in ${Buffer.from(lines).toString()}`);
}
