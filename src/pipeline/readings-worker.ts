// A thread that scans blocks: see readings-pool.ts.

import { type MessagePort, parentPort } from "node:worker_threads";
import { PlainScanner } from "../io/plain-scanner.js";
import { SharedBuffers } from "../io/shared-buffers.js";
import { JoinTable } from "../transforms/join-table.js";
import { type FromWorker, partsAhead, type ToWorker } from "./readings-pool.js";
import { type Part, ReadingsScanner } from "./readings-scan.js";
import { fillSpilled, probeSpilled } from "./spilled-jobs.js";

const port: MessagePort = parentPort!;
/** The same ones in all passes: what is left behind, a thread with little garbage collects late. */
const buffers = new SharedBuffers();
let scanner: ReadingsScanner;
let probed: JoinTable;
let records: PlainScanner;
let reached: Int32Array;
/** Parts sent of each job, less those taken. */
const ahead = new Map<number, number>();
let wake = (): void => undefined;
/** The jobs so far. */
let queue = Promise.resolve();

port.on("message", (message: ToWorker) => {
  switch (message.kind) {
    case "pass":
      // All jobs of the pass before are done, but for those that nobody wants any more.
      scanner = new ReadingsScanner(message.spec, buffers);
      break;
    case "scan":
      queue = queue.then(() => work(message.job, scanner.scan(message.input)));
      break;
    case "fill":
      queue = queue.then(() => {
        say(message.job, { filled: fillSpilled(message.input), end: true });
      });
      break;
    case "probes":
      queue = queue.then(() => {
        probed = JoinTable.of(message.table);
      });
      break;
    case "probe":
      queue = queue.then(() => work(message.job, probeSpilled(scanner, probed, message.input)));
      break;
    case "records-pass":
      records = new PlainScanner(message.input.table, message.input.seed, buffers);
      reached = new Int32Array(message.input.reached);
      break;
    case "records":
      queue = queue.then(() => {
        const { bytes, number } = message.block;
        // One that has fallen behind would stay there.
        const isLate = Atomics.load(reached, 0) >= number;
        say(message.job, { records: isLate ? undefined : records.scan(bytes), end: true });
      });
      break;
    case "index":
      queue = queue.then(() => {
        say(message.job, { index: JoinTable.of(message.table).indexAll(message.instants), end: true });
      });
      break;
    case "taken":
      if (ahead.has(message.job)) ahead.set(message.job, ahead.get(message.job)! - 1);
      wake();
      break;
  }
});

function say(job: number, part: FromWorker["part"]): void {
  const message: FromWorker = { job, part };
  port.postMessage(message);
}

async function work(job: number, scan: { next(): Part }): Promise<void> {
  ahead.set(job, 0);
  for (;;) {
    while (ahead.get(job)! >= partsAhead) await new Promise<void>((resolve) => (wake = resolve));
    const part = scan.next();
    ahead.set(job, ahead.get(job)! + 1);
    say(job, part);
    if (part.end) break;
  }
  ahead.delete(job);
}
