// The connection to an S3 store: the SDK's client with our own patience and time limits. Credentials, region, profile and
// endpoint come from where the SDK always looks for them.

import { S3Client, type S3ClientConfig } from "@aws-sdk/client-s3";
import { NodeHttpHandler } from "@smithy/node-http-handler";
import { StediError } from "../errors.js";
import { SigningHash } from "./signing-hash.js";

/** How long a store may fail before it is given up, in milliseconds. */
export interface Patience {
  /** From the first failure in a row, or the last byte that came. */
  readonly retryForMs: number;
  /** How long a connection may be silent before it is taken for dead. */
  readonly stallMs: number;
  /** How long to wait between two tries at most. */
  readonly longestDelayMs: number;
}

const connectMs = 5_000;

/** A store that has never answered is more likely a wrong address than a bad moment. */
const firstContactMs = 10_000;

const sockets = 64;

/** What a store without a region in its settings gets; the real one of AWS says where a bucket is, and is followed there. */
const defaultRegion = "us-east-1";

/** A client, ready to be used. */
export async function s3Client(patience: Patience): Promise<S3Client> {
  const config = {
    retryStrategy: new UntilDeadline(patience),
    sha256: SigningHash,
    followRegionRedirects: true,
    // Bodies are checked as they are taken, here, also where they come in several answers: see s3-store.ts.
    responseChecksumValidation: "WHEN_REQUIRED" as const,
    requestHandler: new NodeHttpHandler({
      connectionTimeout: Math.min(connectMs, patience.stallMs),
      socketTimeout: patience.stallMs,
      httpAgent: { maxSockets: sockets, keepAlive: true },
      httpsAgent: { maxSockets: sockets, keepAlive: true },
    }),
  };
  let client = new S3Client(config);
  try {
    await client.config.region();
  } catch {
    client = new S3Client({ ...config, region: defaultRegion });
  }
  // Servers of one's own seldom have a name for each bucket.
  client.config.forcePathStyle ||= await hasOwnEndpoint(client);
  askForChecksums(client);
  return client;
}

async function hasOwnEndpoint(client: S3Client): Promise<boolean> {
  const { serviceConfiguredEndpoint } = client.config as {
    serviceConfiguredEndpoint?: () => Promise<string | undefined>;
  };
  const endpoint = await serviceConfiguredEndpoint?.();
  if (endpoint === undefined) return false;
  const url = URL.canParse(endpoint) ? new URL(endpoint) : undefined;
  if (url && /^https?:$/.test(url.protocol)) return !url.hostname.endsWith(".amazonaws.com");
  // The value itself is not told: it may hold anything.
  throw new StediError("STEDI_BAD_VALUE", {
    what: "not the address of a store",
    where: "AWS_ENDPOINT_URL, AWS_ENDPOINT_URL_S3, or endpoint_url in ~/.aws/config",
    why: "it has to begin with http:// or https://",
    next: "correct it, or leave it out for AWS",
  });
}

/** Has the store say what checksum it keeps of an object, without the SDK working it out as well. */
function askForChecksums(client: S3Client): void {
  client.middlewareStack.add(
    (next, context) => (args) => {
      if (context.commandName === "GetObjectCommand") {
        (args.request as { headers: Record<string, string> }).headers["x-amz-checksum-mode"] = "ENABLED";
      }
      return next(args);
    },
    { step: "build", name: "askForChecksums" },
  );
}

/** HTTP's status for it. */
const insufficientStorage = 507;

const firstDelayMs = 50;

/** How long to wait before one more try: longer each time, and never as long as everybody else. */
export function backoff(failures: number, { longestDelayMs }: Patience): number {
  return Math.random() * Math.min(longestDelayMs, firstDelayMs * 2 ** failures);
}

type RetryStrategy = Extract<
  NonNullable<S3ClientConfig["retryStrategy"]>,
  { refreshRetryTokenForRetry: unknown }
>;
type RetryToken = Awaited<ReturnType<RetryStrategy["acquireInitialRetryToken"]>>;
type RetryErrorInfo = Parameters<RetryStrategy["refreshRetryTokenForRetry"]>[1];

interface Token extends RetryToken {
  readonly failures: number;
  /** When the first try failed. */
  readonly since: number | undefined;
}

function token(failures: number, since: number | undefined, delay: number): Token {
  return { failures, since, getRetryCount: () => failures, getRetryDelay: () => delay };
}

/** Tries again, whatever number of times, as long as it makes sense and the deadline allows. */
class UntilDeadline implements RetryStrategy {
  readonly #patience: Patience;
  #wasReached = false;
  /** Whether a request was given up, and none answered since. */
  #isGivenUp = false;

  constructor(patience: Patience) {
    this.#patience = patience;
  }

  acquireInitialRetryToken(): Promise<RetryToken> {
    return Promise.resolve(token(0, undefined, 0));
  }

  refreshRetryTokenForRetry(
    used: RetryToken,
    { error, errorType, retryAfterHint }: RetryErrorInfo,
  ): Promise<RetryToken> {
    const { failures, since = Date.now() } = used as Token;
    const status = error?.$metadata?.httpStatusCode;
    // A full store says so as if it were about to pass.
    const isPassing =
      error?.name === "ConditionalRequestConflict" ||
      (errorType !== "CLIENT_ERROR" && status !== insufficientStorage);
    if (status !== undefined) this.#wasReached = true;
    if (!isPassing) {
      this.#isGivenUp = false;
      return Promise.reject(new Error("not to be tried again"));
    }
    const { retryForMs } = this.#patience;
    const limit = this.#wasReached ? retryForMs : Math.min(retryForMs, firstContactMs);
    const delay = Math.max(backoff(failures, this.#patience), (retryAfterHint?.getTime() ?? 0) - Date.now());
    // What is asked of a store that was given up, such as to take away what was written, does not wait all over again.
    this.#isGivenUp ||= Date.now() + delay - since > limit;
    if (this.#isGivenUp) return Promise.reject(new Error("given up"));
    return Promise.resolve(token(failures + 1, since, delay));
  }

  recordSuccess(): void {
    this.#wasReached = true;
    this.#isGivenUp = false;
  }
}
