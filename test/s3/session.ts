// Credentials that are lent for a while, with a session token, as roles give them. MinIO has them too.

import { createHash } from "node:crypto";
import type { Access } from "./servers.js";
import { signAgain } from "./signature.js";

const role = "Action=AssumeRole&Version=2011-06-15&DurationSeconds=3600";

/** Borrows credentials from MinIO for an hour. They may do all that those may which they are asked for with. */
export async function sessionOf({ endpoint, accessKeyId, secretAccessKey }: Access): Promise<Access> {
  const date = new Date().toISOString().replace(/[-:]|\.\d+/g, "");
  const headers = {
    "content-type": "application/x-www-form-urlencoded",
    host: new URL(endpoint).host,
    "x-amz-date": date,
    "x-amz-content-sha256": createHash("sha256").update(role).digest("hex"),
  };
  const unsigned =
    `AWS4-HMAC-SHA256 Credential=${accessKeyId}/${date.slice(0, 8)}/us-east-1/sts/aws4_request, ` +
    `SignedHeaders=${Object.keys(headers).sort().join(";")}, Signature=${"0".repeat(64)}`;
  const call = { method: "POST", url: "/", headers: { ...headers, authorization: unsigned } };
  const authorization = signAgain(call, secretAccessKey);
  const answer = await fetch(`${endpoint}/`, {
    method: "POST",
    headers: { ...headers, authorization },
    body: role,
  });
  const text = await answer.text();
  const lent = (name: string): string => {
    const [, value] = new RegExp(`<${name}>([^<]+)</${name}>`).exec(text) ?? [];
    if (value === undefined) throw new Error(`MinIO lends no credentials: HTTP ${answer.status}`);
    return value;
  };
  return {
    endpoint,
    accessKeyId: lent("AccessKeyId"),
    secretAccessKey: lent("SecretAccessKey"),
    sessionToken: lent("SessionToken"),
  };
}
