// An HTTP proxy in front of an S3 server that breaks what it is told to break, exactly once or for good, and remembers
// what it was asked. Whatever no fault is set for passes as it is: the server sees the client's own `Host`, so that its
// signature holds. Faults of the network, which have no eye for requests, are toxiproxy's.

import { createServer, Agent, request as ask, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { finished } from "node:stream/promises";
import type { Access } from "./servers.js";
import { signAgain } from "./signature.js";

/** S3's name for what a request asks, as far as the engine asks it. */
export type Operation =
  | "AbortMultipartUpload"
  | "CompleteMultipartUpload"
  | "CopyObject"
  | "CreateMultipartUpload"
  | "DeleteObject"
  | "DeleteObjects"
  | "GetBucketVersioning"
  | "GetObject"
  | "HeadBucket"
  | "HeadObject"
  | "ListMultipartUploads"
  | "ListObjects"
  | "ListParts"
  | "PutObject"
  | "UploadPart"
  | "other";

/** A request that came. */
export interface Seen {
  /** Path and query, as they came. */
  readonly url: string;
  readonly operation: Operation;
  readonly bucket: string;
  /** Empty where the bucket itself is asked for something. */
  readonly key: string;
  readonly query: URLSearchParams;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** What the client was answered, as soon as it was. */
  status?: number;
  /** Whether a fault was set for it. */
  readonly broken: boolean;
}

/** What is known of a request when it comes. */
type Plain = Omit<Seen, "broken" | "status">;

/** Which requests a fault is for. */
export interface Matching {
  readonly operation?: Operation | readonly Operation[];
  readonly key?: RegExp;
  readonly when?: (request: Plain) => boolean;
  /** How many of those that match go by first; none by default. */
  readonly after?: number;
  /** How many of them are broken then; all by default. */
  readonly times?: number;
}

/** An answer that S3 might give. */
export interface Answer {
  readonly status: number;
  /** Such as `SlowDown`. */
  readonly code: string;
  /** What it says to people. */
  readonly message?: string;
}

/** The connection is reset; or, with `hang`, nothing comes ever. */
export type Silence = "reset" | "hang";

/** What happens to a request: all that is given, in this order. */
export interface Fault {
  /** Is waited for before anything else. */
  readonly before?: (seen: Seen) => unknown;
  /** The server does not get to see it; this comes in place of its answer. */
  readonly instead?: Answer | Silence;
  /** Headers of the request that the server does not get to see, in lower case. The request is signed anew. */
  readonly without?: readonly string[];
  /** Parameters of the query that the server is asked with besides. The request is signed anew. */
  readonly asked?: Readonly<Record<string, string>>;
  /** Is waited for once the server has done what it was asked, before the client hears of it. */
  readonly afterwards?: (seen: Seen) => unknown;
  /** The server does what it was asked; this comes in place of its answer. */
  readonly lost?: Answer | Silence;
  /** Changes the answer's headers; names in lower case. */
  readonly headers?: (headers: Record<string, string>) => void;
  /** Makes another body of the answer's. */
  readonly rewrite?: (body: string) => string;
  /** The answer's body comes without its length. */
  readonly chunked?: true;
  /** Something befalls the answer's body once so many bytes of it have gone out. */
  readonly body?: { readonly at: number; readonly then: BodyFault };
}

/**
 * `close`: the connection is closed in good order; `reset`: it is not; `stall`: nothing more comes; `end`: the answer is said
 * to be whole, its `Content-Length` included; `flip`: the next bit is another one.
 */
export type BodyFault = "close" | "reset" | "stall" | "end" | "flip";

export interface FaultProxy extends Access {
  /** All requests so far, in the order in which they came. */
  readonly seen: readonly Seen[];
  /** Sets a fault. Of several that match, the one that was set first counts. */
  fault(matching: Matching, fault: Fault): void;
  /** Takes all faults away, and forgets what it was asked. */
  reset(): void;
  /** @throws AggregateError where something went wrong that was not asked for */
  close(): Promise<void>;
}

/** A fault that is set. */
interface Trap {
  readonly matching: Matching;
  readonly fault: Fault;
  /** How many requests have matched. */
  met: number;
}

export async function startFaultProxy(server: Access): Promise<FaultProxy> {
  const { hostname, port } = new URL(server.endpoint);
  // A server may answer before it has read a request's body. It must not close the connection then, as what it has not
  // read would reset it; nor must one be used again that it is about to close, so they are given up first.
  const agent = new Agent({ keepAlive: true, timeout: 5_000 });
  const troubles: unknown[] = [];
  let seen: Seen[] = [];
  let traps: Trap[] = [];

  const faultFor = (seen: Plain): Fault | undefined => {
    for (const each of traps) {
      const { matching, fault } = each;
      if (!matches(matching, seen)) continue;
      const { after = 0, times = Infinity } = matching;
      const turn = each.met++;
      if (turn >= after && turn < after + times) return fault;
    }
    return undefined;
  };

  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const plain = described(request);
    const fault = faultFor(plain) ?? {};
    const entry: Seen = { ...plain, broken: Object.keys(fault).length > 0 };
    seen.push(entry);

    await fault.before?.(entry);
    if (fault.instead !== undefined) {
      if (typeof fault.instead === "object") await consumed(request);
      entry.status = give(fault.instead, response, plain);
      return;
    }
    const headers = without(plain.headers, [...toTheNext, ...(fault.without ?? [])]);
    const more = Object.entries(fault.asked ?? {}).map(([name, value]) => `&${name}=${value}`);
    const call = { method: request.method!, url: request.url! + more.join("") };
    if (fault.without ?? fault.asked)
      headers.authorization = signAgain({ ...call, headers }, server.secretAccessKey);

    const answer = await passOn(request, response, { ...call, headers });
    if (fault.afterwards ?? fault.lost ?? fault.rewrite) {
      const received = await consumed(answer);
      const body = fault.rewrite ? Buffer.from(fault.rewrite(received.toString())) : received;
      await fault.afterwards?.(entry);
      if (fault.lost !== undefined) {
        entry.status = give(fault.lost, response, plain);
        return;
      }
      entry.status = answer.statusCode!;
      const headers = (all: Record<string, string>): void => {
        if (body !== received) all["content-length"] = String(body.length);
        fault.headers?.(all);
      };
      send(answer, response, { ...fault, headers }).end(body);
      return;
    }
    entry.status = answer.statusCode!;
    await relay(answer, send(answer, response, fault), fault);
  };

  /** @returns the server's answer, of which nothing is read yet */
  const passOn = (
    request: IncomingMessage,
    response: ServerResponse,
    { method, url, headers }: { method: string; url: string; headers: Record<string, string> },
  ): Promise<IncomingMessage> =>
    new Promise((resolve, reject) => {
      const upstream = ask({ hostname, port, agent, method, path: url, headers }, resolve);
      upstream.on("error", reject);
      // A client that goes away takes its request with it.
      response.on("close", () => upstream.destroy());
      request.on("error", reject).pipe(upstream);
    });

  const proxy = createServer((request, response) => {
    serve(request, response).catch((error: unknown) => {
      if (!response.destroyed) troubles.push(error);
      response.destroy();
    });
  });
  proxy.keepAliveTimeout = 0;
  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  const address = proxy.address() as AddressInfo;

  return {
    endpoint: `http://127.0.0.1:${address.port}`,
    accessKeyId: server.accessKeyId,
    secretAccessKey: server.secretAccessKey,
    get seen() {
      return seen;
    },
    fault: (matching, fault) => void traps.push({ matching, fault, met: 0 }),
    reset: () => {
      traps = [];
      seen = [];
    },
    close: async () => {
      const closed = new Promise((resolve) => proxy.close(resolve));
      proxy.closeAllConnections();
      agent.destroy();
      await closed;
      if (troubles.length > 0) throw new AggregateError(troubles, "the proxy itself failed");
    },
  };
}

/** What one end of a connection says to the other end of it, and to nobody behind that. */
const toTheNext = ["connection", "expect", "keep-alive", "transfer-encoding"];

function oneEach({ headers }: IncomingMessage): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, [value].flat().join(",")] as const),
  );
}

function without(
  headers: Readonly<Record<string, string>>,
  names: readonly string[],
): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !names.includes(name)));
}

function matches({ operation, key, when }: Matching, seen: Plain): boolean {
  if (operation !== undefined && ![operation].flat().includes(seen.operation)) return false;
  return (key?.test(seen.key) ?? true) && (when?.(seen) ?? true);
}

function described(request: IncomingMessage): Plain {
  const { pathname, searchParams } = new URL(request.url!, "http://server");
  const [, bucket = "", key = ""] = /^\/([^/]*)\/?(.*)$/s.exec(pathname)!;
  const headers = oneEach(request);
  return {
    url: request.url!,
    operation: operationOf(request.method!, key, searchParams, headers),
    bucket,
    key: decodeURIComponent(key),
    query: searchParams,
    headers,
  };
}

function operationOf(
  method: string,
  key: string,
  query: URLSearchParams,
  headers: Readonly<Record<string, string>>,
): Operation {
  const has = (name: string): boolean => query.has(name);
  if (key === "") {
    if (method === "HEAD") return "HeadBucket";
    if (method === "POST" && has("delete")) return "DeleteObjects";
    if (method !== "GET") return "other";
    if (has("uploads")) return "ListMultipartUploads";
    if (has("versioning")) return "GetBucketVersioning";
    return has("list-type") || has("prefix") ? "ListObjects" : "other";
  }
  switch (method) {
    case "GET":
      return has("uploadId") ? "ListParts" : "GetObject";
    case "HEAD":
      return "HeadObject";
    case "PUT":
      if (has("partNumber")) return "UploadPart";
      return "x-amz-copy-source" in headers ? "CopyObject" : "PutObject";
    case "DELETE":
      return has("uploadId") ? "AbortMultipartUpload" : "DeleteObject";
    case "POST":
      if (has("uploads")) return "CreateMultipartUpload";
      return has("uploadId") ? "CompleteMultipartUpload" : "other";
    default:
      return "other";
  }
}

/** @returns the status that the client sees, if it sees one */
function give(answer: Answer | Silence, response: ServerResponse, { key }: Pick<Seen, "key">): number {
  if (answer === "hang") return 0;
  if (answer === "reset") {
    response.socket?.resetAndDestroy();
    return 0;
  }
  // S3 repeats the key in its answer; what prints the answer prints the key.
  const { message = "Said by a test." } = answer;
  const body =
    `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${answer.code}</Code><Message>${message}</Message>` +
    `<Key>${key.replace(/[<>&]/g, "_")}</Key><RequestId>FAULT0123456789</RequestId></Error>`;
  response.writeHead(answer.status, {
    "content-type": "application/xml",
    "content-length": Buffer.byteLength(body),
    "x-amz-request-id": "FAULT0123456789",
  });
  response.end(response.req.method === "HEAD" ? undefined : body);
  return answer.status;
}

/** Sends the answer's head on. */
function send(
  answer: IncomingMessage,
  response: ServerResponse,
  { headers: change, chunked, body }: Fault,
): ServerResponse {
  const headers = without(oneEach(answer), toTheNext);
  change?.(headers);
  if (body?.then === "end") {
    headers["content-length"] = String(Math.min(body.at, Number(headers["content-length"])));
  }
  if (chunked) {
    delete headers["content-length"];
    headers["transfer-encoding"] = "chunked";
  }
  return response.writeHead(answer.statusCode!, headers);
}

/** Sends the answer's body on, at the pace at which the client takes it. */
async function relay(answer: IncomingMessage, response: ServerResponse, { body }: Fault): Promise<void> {
  let sent = 0;
  for await (const each of answer as AsyncIterable<Buffer>) {
    let chunk = each;
    const at = body ? body.at - sent : Infinity;
    if (body?.then === "flip") {
      if (at >= 0 && at < chunk.length) {
        chunk = Buffer.from(chunk);
        chunk[at]! ^= 1;
      }
    } else if (body && at <= chunk.length) {
      await write(response, chunk.subarray(0, at));
      await befall(body.then, response);
      return;
    }
    sent += chunk.length;
    await write(response, chunk);
  }
  response.end();
}

async function write(response: ServerResponse, bytes: Uint8Array): Promise<void> {
  if (bytes.length === 0 || response.write(bytes)) return;
  await new Promise<void>((resolve) => {
    const over = (): void => {
      response.off("drain", over).off("close", over);
      resolve();
    };
    response.on("drain", over).on("close", over);
  });
}

/** Ends, or does not end, a body of which a part has been written. */
async function befall(what: Exclude<BodyFault, "flip">, response: ServerResponse): Promise<void> {
  const socket = response.socket;
  switch (what) {
    case "stall":
      // Head and what there is of the body have to be on their way, even where that is nothing.
      response.flushHeaders();
      return;
    case "end":
      response.end();
      return;
    case "close":
      response.flushHeaders();
      if (socket) await flushed(socket);
      socket?.destroySoon();
      return;
    case "reset":
      response.flushHeaders();
      if (socket) await flushed(socket);
      socket?.resetAndDestroy();
  }
}

/** Waits until what was written to a socket is in the system's hands. A reset throws the rest away, so it waits some more. */
async function flushed(socket: Socket): Promise<void> {
  while (!socket.destroyed && socket.writableLength > 0) {
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await new Promise((resolve) => setTimeout(resolve, 20));
}

async function consumed(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  message.on("data", (chunk: Buffer) => chunks.push(chunk));
  await finished(message, { writable: false });
  return Buffer.concat(chunks);
}
