// A thread that runs a program of this package, and what becomes known of its end.

import { type ResourceLimits, Worker } from "node:worker_threads";
import { StediError } from "../errors.js";
import { errno } from "./file-errors.js";

/** For a thread in whose heap little lives long. */
export const smallHeap: ResourceLimits = { maxYoungGenerationSizeMb: 4 };

/** See the top of this file. A thread keeps no process alive before `keepAlive`. */
export class WorkerThread<To, From> {
  readonly #worker: Worker;
  readonly #died: (failure: StediError) => void;
  #failure: StediError | undefined;

  /**
   * @param heard is given what the thread says
   * @param died is told when the thread is gone, once; not where it was closed
   */
  constructor(
    program: URL,
    limits: ResourceLimits,
    heard: (message: From) => void,
    died: (failure: StediError) => void,
  ) {
    this.#died = died;
    this.#worker = new Worker(program, { resourceLimits: limits });
    this.#worker.on("message", heard);
    this.#worker.on("error", (error) => {
      this.#fail(errno(error));
    });
    this.#worker.on("messageerror", () => {
      this.#fail();
    });
    this.#worker.on("exit", () => {
      this.#fail();
    });
    this.#worker.unref();
  }

  /** Why it is gone, once it is. */
  get failure(): StediError | undefined {
    return this.#failure;
  }

  send(message: To): void {
    this.#worker.postMessage(message);
  }

  /** It has something to do, which is waited for. */
  keepAlive(): void {
    this.#worker.ref();
  }

  async close(): Promise<void> {
    this.#worker.removeAllListeners("exit");
    await this.#worker.terminate();
  }

  #fail(code?: string): void {
    if (this.#failure) return;
    this.#failure = failureOf(code);
    this.#died(this.#failure);
  }
}

/** Errors of a thread may quote what it was reading, so only their code is told. */
function failureOf(code: string | undefined): StediError {
  if (code === "EMFILE" || code === "ENFILE") {
    return new StediError("STEDI_TOO_MANY_FILES", {
      what: "a worker thread could not open a file",
      why: code,
      next: "raise the limit (ulimit -n), or run with fewer --workers",
    });
  }
  return new StediError("STEDI_WORKER", {
    what: "a worker thread died",
    why: code ?? "an error that nothing caught",
    next: "run again; if it happens again, with --workers 1, and report it",
  });
}
