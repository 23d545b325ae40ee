// Signs a request anew (AWS signature version 4, S3's form of it) after some of its headers were taken away.

import { createHash, createHmac } from "node:crypto";

export interface SignedRequest {
  readonly method: string;
  /** Path and query as they are sent. */
  readonly url: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
}

const authorization =
  /^AWS4-HMAC-SHA256 Credential=([^,]+), ?SignedHeaders=([^,]+), ?Signature=[0-9a-f]{64}$/;

/**
 * @param request with the headers that are left, the old `authorization` among them
 * @returns the new `authorization`, over what is left of the headers that the old one covered
 */
export function signAgain({ method, url, headers }: SignedRequest, secretAccessKey: string): string {
  const [, credential, before] = authorization.exec(headers.authorization ?? "") ?? [];
  if (credential === undefined || before === undefined) throw new Error("the request is not signed");
  const [, date, region, service, ending] = credential.split("/") as [string, string, string, string, string];

  const names = before.split(";").filter((name) => name in headers);
  const [path, query = ""] = url.split("?") as [string, string?];
  const parameters = query
    .split("&")
    .filter(Boolean)
    .map((each) => (each.includes("=") ? each : `${each}=`))
    .sort();
  const canonical = [
    method,
    path,
    parameters.join("&"),
    ...names.map((name) => `${name}:${headers[name]!.trim().replace(/ +/g, " ")}`),
    "",
    names.join(";"),
    headers["x-amz-content-sha256"],
  ].join("\n");
  const scope = [date, region, service, ending].join("/");
  const text = [
    "AWS4-HMAC-SHA256",
    headers["x-amz-date"],
    scope,
    createHash("sha256").update(canonical).digest("hex"),
  ].join("\n");

  const hmac = (key: string | Buffer, of: string): Buffer => createHmac("sha256", key).update(of).digest();
  const key = [date, region, service, ending].reduce<string | Buffer>(hmac, `AWS4${secretAccessKey}`);
  const signature = hmac(key, text).toString("hex");
  return `AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=${names.join(";")}, Signature=${signature}`;
}
