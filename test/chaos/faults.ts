// What can befall a run on S3: kinds of faults, each set up from a stream of random numbers on the way of one run, by the
// proxy that knows requests or by the network that does not. Each says whenever it strikes.

import type { Random } from "../../src/synthetic/random.js";
import type { BodyFault, Fault, FaultProxy, Matching, Operation, Silence } from "../s3/fault-proxy.js";
import type { Network } from "../s3/toxiproxy.js";

/** What a fault is set up on. */
export interface Way {
  readonly random: Random;
  readonly proxy: FaultProxy;
  /** In front of the proxy. */
  readonly network: Network;
  /** How many requests an undisturbed run makes, about. */
  readonly requests: number;
  /** How long one takes, about. */
  readonly milliseconds: number;
  /** To be called whenever it strikes. */
  readonly strike: () => void;
  /** To be given what goes on while the run does. */
  readonly meanwhile: (happening: Promise<void>) => void;
  /** Ends when the run does. */
  readonly over: AbortSignal;
}

/**
 * Sets a fault up as a run begins, long before it has a connection. Toxics are there from then on to the end: toxiproxy
 * may hang over a change of them while a connection breaks (https://github.com/Shopify/toxiproxy/issues/558).
 */
export type Kind = (way: Way) => void | Promise<void>;

/** By the names under which they are counted. */
export const kinds: Readonly<Record<string, Kind>> = {
  "a storm of 503s": (way) => {
    const times = pick(way.random, [20, 60, 150, 400, Infinity]);
    broken(way, { after: way.random.below(way.requests), times }, { instead: slowDown });
  },
  "500s now and then": (way) => {
    broken(way, { when: oneIn(way, 2, 20) }, { instead: internalError });
  },
  "connections reset": (way) => {
    broken(way, { when: oneIn(way, 3, 30) }, { instead: "reset" });
  },
  "no answer": (way) => {
    broken(way, { when: oneIn(way, 2, 30), times: way.random.between(1, 4) }, { instead: "hang" });
  },
  "answers lost": (way) => {
    broken(way, { when: oneIn(way, 3, 30) }, { lost: lostAs(way, false) });
  },
  "a commit's answer lost": (way) => {
    const times = pick(way.random, [1, 1, 2, Infinity]);
    broken(way, { operation: "PutObject", key: /_stedi\/commits\//, times }, { lost: lostAs(way, true) });
  },
  "a completion's answer lost": (way) => {
    const times = pick(way.random, [1, 1, 2, Infinity]);
    broken(way, { operation: "CompleteMultipartUpload", times }, { lost: lostAs(way, true) });
  },
  "uploads fail": (way) => {
    const operation: readonly Operation[] = [
      "CreateMultipartUpload",
      "UploadPart",
      "CompleteMultipartUpload",
    ];
    const times = pick(way.random, [1, 3, 10, Infinity]);
    broken(way, { operation, when: oneIn(way, 1, 3), times }, { instead: internalError });
  },
  "bodies reset": (way) => bodies(way, "reset"),
  "bodies closed early": (way) => bodies(way, "close"),
  "bodies that stall": (way) => bodies(way, "stall", 3),
  "short bodies": (way) => bodies(way, "end", 3),
  "bodies without a length": (way) => {
    const at = way.random.below(2_000_000);
    broken(
      way,
      { operation: "GetObject", when: oneIn(way, 1, 4) },
      { chunked: true, ...(way.random.coin() && { body: { at, then: "close" } }) },
    );
  },
  "flipped bits": (way) => bodies(way, "flip"),
  "the second page of a listing": (way) => {
    const when: Matching["when"] = ({ query }) => query.has("continuation-token");
    const times = pick(way.random, [1, 3, Infinity]);
    broken(
      way,
      { operation: "ListObjects", when, times },
      { instead: pick(way.random, [internalError, internalError, accessDenied]) },
    );
  },
  "credentials expire": (way) => {
    broken(
      way,
      { after: way.random.below(way.requests) },
      { instead: { status: 400, code: "ExpiredToken" } },
    );
  },
  "no access to one folder": (way) => {
    const folder = pick(way.random, [
      "customer/landing",
      "step_trainer/trusted",
      "_stedi/runs",
      "_stedi/quarantine",
    ]);
    const when: Matching["when"] = ({ key, query }) => (query.get("prefix") ?? key).includes(folder);
    broken(way, { when }, { instead: accessDenied });
  },
  "a store without conditions": (way) => {
    broken(
      way,
      { operation: "PutObject", when: ({ headers }) => "if-none-match" in headers },
      {
        without: ["if-none-match"],
      },
    );
  },
  "network down for a while": (way) => {
    const from = way.random.below(Math.ceil(way.milliseconds));
    way.meanwhile(down(way, from, pick(way.random, [200, 800, 1500, 6000])));
  },
  "a slow network": (way) => toxic(way, { type: "latency", latency: way.random.between(5, 60), jitter: 20 }),
  "a network in small pieces": (way) =>
    toxic(way, { type: "slicer", average_size: 1500, size_variation: 1000, delay: 5 }),
  "connections that break after some bytes": (way) =>
    toxic(way, { type: "limit_data", bytes: way.random.between(1_000, 3_000_000) }, { toxicity: 0.2 }),
};

/** When a run is killed. Set up before any fault, so that none comes before it. */
export function killAt(
  { random, proxy, requests, milliseconds, strike, over: ended }: Way,
  kill: () => void,
): void {
  const now = (): void => {
    if (ended.aborted) return;
    strike();
    kill();
  };
  const share = random.below(8);
  const moment = pick<"before" | "afterwards">(random, ["before", "afterwards"]);
  if (share < 2) {
    proxy.fault({ operation: "PutObject", key: /_stedi\/commits\//, times: 1 }, { [moment]: now });
  } else if (share < 3) {
    proxy.fault({ operation: "CompleteMultipartUpload", times: 1 }, { [moment]: now });
  } else if (share < 6) {
    proxy.fault({ after: random.below(requests), times: 1 }, { [moment]: now });
  } else {
    const timer = setTimeout(now, random.below(Math.ceil(milliseconds * 1.1)));
    ended.addEventListener("abort", () => clearTimeout(timer));
  }
}

export function pick<T>(random: Random, from: readonly T[]): T {
  return from[random.below(from.length)]!;
}

const slowDown = { status: 503, code: "SlowDown" };
const internalError = { status: 500, code: "InternalError" };
const accessDenied = { status: 403, code: "AccessDenied" };

function broken({ proxy, strike }: Way, matching: Matching, fault: Fault): void {
  proxy.fault(matching, { before: strike, ...fault });
}

/** Breaks some of the bodies of objects, each at one of several places. */
function bodies(way: Way, then: BodyFault, times = Infinity): void {
  const { random, proxy, strike } = way;
  const upTo = pick(random, [300, 100_000, 4_000_000]);
  const when = oneIn(way, 2, 12);
  for (let each = 0; each < 6; each++) {
    const at = random.below(upTo);
    // A body that is shorter goes through as it is, but for one that is said to have another length.
    const headers = (all: Record<string, string>): void => {
      if (then === "end" || Number(all["content-length"]) > at) strike();
    };
    proxy.fault({ operation: "GetObject", when, times }, { headers, body: { at, then } });
  }
}

function oneIn({ random }: Way, least: number, most: number): () => boolean {
  const share = random.between(least, most);
  return () => random.below(share) === 0;
}

/** What comes in place of an answer; nothing at all seldom, since that takes its time. */
function lostAs({ random }: Way, mayHang: boolean): Exclude<Fault["lost"], undefined> {
  const silence: Silence = mayHang && random.below(4) === 0 ? "hang" : "reset";
  return pick<Exclude<Fault["lost"], undefined>>(random, [silence, slowDown, internalError]);
}

async function toxic({ network, strike }: Way, ...which: Parameters<Network["add"]>): Promise<void> {
  strike();
  await network.add(...which);
}

/** Refuses connections some time after the run has begun, and no more when it is over. */
async function down(way: Way, from: number, milliseconds: number): Promise<void> {
  await over(way, from);
  if (way.over.aborted) return;
  way.strike();
  await way.network.up(false);
  await over(way, milliseconds);
  await way.network.up(true);
}

/** Waits, but not beyond the end of the run. */
async function over({ over: ended }: Way, milliseconds: number): Promise<void> {
  if (ended.aborted) return;
  await new Promise<void>((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      ended.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, milliseconds);
    ended.addEventListener("abort", done);
  });
}
