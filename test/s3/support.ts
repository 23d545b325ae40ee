// Shared by the tests on S3: the servers of this run of vitest, and a bucket of its own for each test.

import { randomBytes } from "node:crypto";
import { CreateBucketCommand, type S3Client } from "@aws-sdk/client-s3";
import { describe, inject } from "vitest";
import { openStore } from "../../src/io/open-store.js";
import type { S3Options } from "../../src/io/s3-store.js";
import type { Store } from "../../src/io/store.js";
import { clientOf, environmentOf } from "./client.js";
import { skippedPath } from "./global-setup.js";
import { type Access, missingServers, type ServerName } from "./servers.js";

export { clientOf, environmentOf };

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
