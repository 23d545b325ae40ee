// A thread that scans blocks of readings: see readings-pool.ts.

import { type MessagePort, parentPort } from "node:worker_threads";
import { type FromWorker, partsAhead, type ToWorker } from "./readings-pool.js";
import { type Part, ReadingsScanner } from "./readings-scan.js";
import { joinSpilled } from "./spilled-join.js";

const port: MessagePort = parentPort!;
let scanner: ReadingsScanner;
/** Parts sent of each job, less those taken. */
const ahead = new Map<number, number>();
let wake = (): void => undefined;
/** The jobs so far. */
let queue = Promise.resolve();

port.on("message", (message: ToWorker) => {
  switch (message.kind) {
    case "pass":
      // All jobs of the pass before are done: their parts have been taken.
      scanner = new ReadingsScanner(message.spec);
      break;
    case "scan":
      queue = queue.then(() => work(message.job, scanner.scan(message.input)));
      break;
    case "join":
      queue = queue.then(() => work(message.job, joinSpilled(scanner, message.input)));
      break;
    case "taken":
      if (ahead.has(message.job)) ahead.set(message.job, ahead.get(message.job)! - 1);
      wake();
      break;
  }
});

async function work(job: number, scan: { next(): Part }): Promise<void> {
  ahead.set(job, 0);
  for (;;) {
    while (ahead.get(job)! >= partsAhead) await new Promise<void>((resolve) => (wake = resolve));
    const part = scan.next();
    ahead.set(job, ahead.get(job)! + 1);
    const answer: FromWorker = { job, part };
    port.postMessage(answer);
    if (part.end) break;
  }
  ahead.delete(job);
}
