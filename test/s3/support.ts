// Shared by the tests on S3: the servers of this run of vitest, a bucket of its own for each test, and the environment
// by which the AWS SDK finds it.

import { randomBytes } from "node:crypto";
import { CreateBucketCommand, S3Client } from "@aws-sdk/client-s3";
import { describe, inject } from "vitest";
import { openStore } from "../../src/io/open-store.js";
import type { S3Options } from "../../src/io/s3-store.js";
import type { Store } from "../../src/io/store.js";
import { skippedPath } from "./global-setup.js";
import { type Access, missingServers, type ServerName } from "./servers.js";

export type S3ServerName = Exclude<ServerName, "toxiproxy">;

/** Where CI is set the servers have to be there, so that nothing is left out. */
const leftOut = process.env.CI === undefined && missingServers().length > 0;
if (leftOut) await fetch(inject("s3Servers") + skippedPath);

/** `describe` for tests that need the servers: skipped where they are not installed, and the run says so at its end. */
export const describeS3 = describe.skipIf(leftOut);

const found = new Map<ServerName, Promise<Access>>();

/** How to reach a server, which is started if it was not yet. */
export function server(name: ServerName): Promise<Access> {
  const access = found.get(name) ?? ask(name);
  found.set(name, access);
  return access;
}

async function ask(name: ServerName): Promise<Access> {
  const answer = await fetch(`${inject("s3Servers")}/${name}`);
  if (!answer.ok) throw new Error(await answer.text());
  return (await answer.json()) as Access;
}

const region = "us-east-1";

/** A client for what a test does and looks at behind the engine's back. */
export function clientOf({ endpoint, accessKeyId, secretAccessKey }: Access, maxAttempts = 3): S3Client {
  return new S3Client({
    endpoint,
    region,
    credentials: { accessKeyId, secretAccessKey },
    forcePathStyle: true,
    maxAttempts,
  });
}

/** All that the SDK has to be told of a server, and nothing from the machine's own settings. */
export function environmentOf({ endpoint, accessKeyId, secretAccessKey }: Access): Record<string, string> {
  return {
    AWS_ENDPOINT_URL: endpoint,
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_REGION: region,
    AWS_CONFIG_FILE: "/dev/null",
    AWS_SHARED_CREDENTIALS_FILE: "/dev/null",
    AWS_EC2_METADATA_DISABLED: "true",
    AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true",
  };
}

/** A bucket of one test's own. */
export interface Bucket {
  readonly name: string;
  readonly access: Access;
  readonly client: S3Client;
}

/** Makes a bucket, empty. It is never deleted: the server is, with all that it holds. */
export async function newBucket(name: S3ServerName): Promise<Bucket> {
  const access = await server(name);
  const bucket = `test-${randomBytes(8).toString("hex")}`;
  const client = clientOf(access);
  await client.send(new CreateBucketCommand({ Bucket: bucket }));
  return { name: bucket, access, client };
}

/**
 * Opens a lake as a user would, by the environment, at a server or whatever stands in front of it.
 * @param options patient for a few seconds only, where they say nothing else
 */
export function storeAt(access: Access, uri: string, options: S3Options = {}): Promise<Store> {
  Object.assign(process.env, environmentOf(access));
  return openStore(uri, { retryForMs: 6000, ...options });
}
