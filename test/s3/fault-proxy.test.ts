// The proxy that breaks answers does break them as it says, and nothing else: else the fault tests would show nothing.

import { request as ask } from "node:http";
import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type FaultProxy, startFaultProxy } from "./fault-proxy.js";
import { type Bucket, clientOf, describeS3, environmentOf, newBucket } from "./support.js";

const content = Buffer.from(Array.from({ length: 100_000 }, (_, index) => `${index}\n`).join(""));
const key = "a b/c+d/é%20.json";

describeS3.each(["minio", "versitygw"] as const)("in front of %s", (name) => {
  let bucket: Bucket;
  let proxy: FaultProxy;
  /** Asks once: the SDK's own retries would hide what comes. */
  let client: S3Client;

  beforeEach(async () => {
    bucket = await newBucket(name);
    proxy = await startFaultProxy(bucket.access);
    client = clientOf(proxy, 1);
    await put(key, content);
  });
  afterEach(async () => {
    client.destroy();
    await proxy.close();
  });

  const put = (Key: string, Body: Uint8Array, more = {}): Promise<unknown> =>
    bucket.client.send(new PutObjectCommand({ Bucket: bucket.name, Key, Body, ...more }));
  const get = (more = {}) => client.send(new GetObjectCommand({ Bucket: bucket.name, Key: key, ...more }));
  const body = async (more = {}): Promise<Buffer> =>
    Buffer.from(await (await get(more)).Body!.transformToByteArray());
  const putThrough = (Key: string, Body: string, more = {}): Promise<unknown> =>
    client.send(new PutObjectCommand({ Bucket: bucket.name, Key, Body, ...more }));
  const stored = async (Key: string): Promise<string> => {
    const { Body } = await bucket.client.send(new GetObjectCommand({ Bucket: bucket.name, Key }));
    return Body!.transformToString();
  };
  const failure = (action: Promise<unknown>): Promise<Error & { $metadata?: { httpStatusCode?: number } }> =>
    action.then(
      () => new Error("it went through"),
      (error: unknown) => error as Error,
    );

  /** The answer to a plain request, as it comes off the wire. */
  const raw = async (): Promise<{
    headers: Record<string, unknown>;
    bytes: Buffer;
    how: string;
    status: number;
  }> => {
    const signed = await presigned();
    return new Promise((resolve, reject) => {
      const request = ask(
        proxy.endpoint + signed.url,
        { headers: signed.headers, agent: false },
        (answer) => {
          const chunks: Buffer[] = [];
          const end = (how: string) => () =>
            resolve({
              headers: answer.headers,
              bytes: Buffer.concat(chunks),
              how,
              status: answer.statusCode!,
            });
          const idle = setTimeout(() => {
            end("stalled")();
            answer.destroy();
          }, 1000);
          answer
            .on("data", (chunk: Buffer) => {
              chunks.push(chunk);
              idle.refresh();
            })
            .on("end", end("ended"))
            .on("error", (error: NodeJS.ErrnoException) => end(error.code ?? error.message)())
            .on("close", () => clearTimeout(idle));
          // A reset in the midst of an answer is told here first.
          request
            .off("error", reject)
            .on("error", (error: NodeJS.ErrnoException) => end(error.code ?? error.message)());
        },
      );
      request.on("error", reject).end();
    });
  };
  /** The signed headers of a GET of the object, taken from a request that went through the SDK. */
  const presigned = async (): Promise<{ url: string; headers: Record<string, string> }> => {
    await body();
    const { url, headers } = proxy.seen.at(-1)!;
    return { url, headers };
  };

  test("what no fault is set for goes through, both ways, and is remembered", async () => {
    expect((await body()).equals(content)).toBe(true);
    expect((await body({ Range: "bytes=10-19" })).equals(content.subarray(10, 20))).toBe(true);
    await putThrough("x/1", "one");
    expect(await stored("x/1")).toBe("one");
    const { Contents } = await client.send(new ListObjectsV2Command({ Bucket: bucket.name, Prefix: "x/" }));
    expect(Contents).toMatchObject([{ Key: "x/1", Size: 3 }]);
    await client.send(new HeadObjectCommand({ Bucket: bucket.name, Key: "x/1" }));
    await client.send(new DeleteObjectCommand({ Bucket: bucket.name, Key: "x/1" }));
    const place = { Bucket: bucket.name, Key: "x/2" };
    const { UploadId } = await client.send(new CreateMultipartUploadCommand(place));
    const upload = { ...place, UploadId };
    const { ETag } = await client.send(new UploadPartCommand({ ...upload, PartNumber: 1, Body: "two" }));
    await client.send(
      new CompleteMultipartUploadCommand({
        ...upload,
        MultipartUpload: { Parts: [{ ETag, PartNumber: 1 }] },
      }),
    );
    expect(await stored("x/2")).toBe("two");
    expect(proxy.seen.map(({ operation, key: of, status }) => [operation, of, status])).toEqual([
      ["GetObject", key, 200],
      ["GetObject", key, 206],
      ["PutObject", "x/1", 200],
      ["ListObjects", "", 200],
      ["HeadObject", "x/1", 200],
      ["DeleteObject", "x/1", 204],
      ["CreateMultipartUpload", "x/2", 200],
      ["UploadPart", "x/2", 200],
      ["CompleteMultipartUpload", "x/2", 200],
    ]);
    expect(proxy.seen[1]!.headers.range).toBe("bytes=10-19");
    expect(proxy.seen[3]!.query.get("prefix")).toBe("x/");
    expect(proxy.seen.every(({ broken, bucket: each }) => !broken && each === bucket.name)).toBe(true);
  });

  test("a fault is for what it matches, from one request to another", async () => {
    proxy.fault(
      { operation: ["GetObject", "HeadObject"], key: /^a b/, after: 1, times: 2 },
      { instead: { status: 503, code: "SlowDown" } },
    );
    await body();
    for (let times = 0; times < 2; times++) {
      const error = await failure(get());
      expect(error.name).toBe("SlowDown");
      expect(error.$metadata).toMatchObject({ httpStatusCode: 503, requestId: "FAULT0123456789" });
      await putThrough("a b/other", "other");
    }
    await body();
    expect(proxy.seen.map(({ broken }) => broken)).toEqual([false, true, false, true, false, false]);
    expect(proxy.seen[1]!.status).toBe(503);
    proxy.fault({ when: ({ headers }) => "range" in headers }, { instead: "reset" });
    await body();
    expect((await failure(body({ Range: "bytes=0-1" }))).message).toMatch(/ECONNRESET|hang up/);
    proxy.reset();
    expect(proxy.seen).toEqual([]);
    await body({ Range: "bytes=0-1" });
  });

  test("an answer that never comes", async () => {
    proxy.fault({}, { instead: "hang" });
    const abort = AbortSignal.timeout(300);
    const got = client.send(new GetObjectCommand({ Bucket: bucket.name, Key: key }), { abortSignal: abort });
    expect((await failure(got)).name).toBe("AbortError");
  });

  test.each([
    ["close", "ECONNRESET", 5000],
    ["reset", "ECONNRESET", 5000],
    ["stall", "stalled", 5000],
    ["close", "ECONNRESET", 0],
    ["stall", "stalled", 0],
  ] as const)("a body: %s, seen as %s after %i bytes", async (then, how, at) => {
    const { headers } = await raw();
    proxy.fault({ operation: "GetObject", after: 1, times: 1 }, { body: { at, then } });
    const answer = await raw();
    expect(answer.how).toBe(how);
    expect(answer.headers["content-length"]).toBe(headers["content-length"]);
    expect(answer.bytes.equals(content.subarray(0, at))).toBe(true);
  });

  test("a body that is shorter than the object, and said to be whole", async () => {
    proxy.fault({ operation: "GetObject", after: 1 }, { body: { at: 70_000, then: "end" } });
    const answer = await raw();
    expect(answer).toMatchObject({ how: "ended", headers: { "content-length": "70000" } });
    expect(answer.bytes.equals(content.subarray(0, 70_000))).toBe(true);
  });

  test("a body without its length, whole or not", async () => {
    proxy.fault({ operation: "GetObject", after: 1, times: 1 }, { chunked: true });
    proxy.fault(
      { operation: "GetObject", after: 1, times: 1 },
      { chunked: true, body: { at: 9, then: "end" } },
    );
    const whole = await raw();
    expect(whole.how).toBe("ended");
    expect(whole.headers["content-length"]).toBeUndefined();
    expect(whole.bytes.equals(content)).toBe(true);
    proxy.reset();
    proxy.fault({ operation: "GetObject", after: 1 }, { chunked: true, body: { at: 9, then: "end" } });
    const part = await raw();
    expect(part).toMatchObject({ how: "ended" });
    expect(part.bytes.length).toBe(9);
  });

  test("one bit that is another", async () => {
    for (const at of [0, 65_536, content.length - 1]) {
      proxy.reset();
      proxy.fault({ operation: "GetObject", after: 1 }, { body: { at, then: "flip" } });
      const { bytes, how } = await raw();
      expect(how).toBe("ended");
      const expected = Buffer.from(content);
      expected[at]! ^= 1;
      expect(bytes.equals(expected)).toBe(true);
    }
  });

  test("headers of an answer are taken away or changed", async () => {
    proxy.fault(
      { operation: "GetObject" },
      {
        headers: (headers) => {
          delete headers.etag;
          headers["last-modified"] = "Mon, 01 Jan 2024 00:00:00 GMT";
        },
      },
    );
    const { ETag, LastModified, Body } = await get();
    expect(ETag).toBeUndefined();
    expect(LastModified).toEqual(new Date("2024-01-01"));
    await Body!.transformToByteArray();
  });

  test("a server that ignores Range: asked without it, and signed anew", async () => {
    proxy.fault({ operation: "GetObject" }, { without: ["range"] });
    const { $metadata, ContentRange, Body } = await get({ Range: "bytes=10-19" });
    expect($metadata.httpStatusCode).toBe(200);
    expect(ContentRange).toBeUndefined();
    expect(Buffer.from(await Body!.transformToByteArray()).equals(content)).toBe(true);
    expect(proxy.seen[0]!.headers.range).toBe("bytes=10-19");
  });

  test("a server that ignores If-None-Match: a query and odd names are signed anew too", async () => {
    const absent = { IfNoneMatch: "*" };
    expect((await failure(putThrough(key, "two", absent))).name).toBe("PreconditionFailed");
    proxy.fault({ operation: "PutObject" }, { without: ["if-none-match"] });
    await putThrough(key, "three", absent);
    expect(await stored(key)).toBe("three");
    proxy.fault({ operation: "ListObjects" }, { without: ["user-agent", "x-amz-user-agent"] });
    const { Contents } = await client.send(
      new ListObjectsV2Command({ Bucket: bucket.name, Prefix: "a b/c+d/é%", MaxKeys: 5 }),
    );
    expect(Contents).toHaveLength(1);
  });

  test("a listing in short pages, and one that says something else", async () => {
    await putThrough("x/1", "one");
    const list = (ContinuationToken?: string) =>
      client.send(new ListObjectsV2Command({ Bucket: bucket.name, ContinuationToken }));
    proxy.fault({ operation: "ListObjects", times: 2 }, { asked: { "max-keys": "1" } });
    const first = await list();
    expect(first.Contents).toMatchObject([{ Key: key }]);
    expect(first.IsTruncated).toBe(true);
    const second = await list(first.NextContinuationToken);
    expect(second.Contents).toMatchObject([{ Key: "x/1" }]);
    proxy.fault({ operation: "ListObjects" }, { rewrite: (xml) => xml.replace("x/1", "instead/of/it") });
    expect((await list()).Contents).toMatchObject([{ Key: key }, { Key: "instead/of/it" }]);
  });

  test("an answer that is lost after the server has done it", async () => {
    for (const lost of ["reset", { status: 500, code: "InternalError" }] as const) {
      proxy.reset();
      proxy.fault({ operation: "PutObject", times: 1 }, { lost });
      await failure(putThrough("lost", JSON.stringify(lost)));
      expect(await stored("lost")).toBe(JSON.stringify(lost));
    }
  });

  test("something is done before the server is asked, or before the client hears of it", async () => {
    proxy.fault({ operation: "GetObject", times: 1 }, { before: () => put(key, Buffer.from("before")) });
    expect((await body()).toString()).toBe("before");
    let answered: string | undefined;
    proxy.fault(
      { operation: "PutObject", key: /^x$/ },
      { afterwards: async () => (answered = await stored("x")) },
    );
    await putThrough("x", "stored");
    expect(answered).toBe("stored");
  });

  test("a client finds it by the environment", async () => {
    const before = { ...process.env };
    Object.assign(process.env, environmentOf(proxy));
    try {
      const usual = new S3Client({});
      await usual.send(new HeadObjectCommand({ Bucket: bucket.name, Key: key }));
      usual.destroy();
    } finally {
      process.env = before;
    }
    expect(proxy.seen).toMatchObject([{ operation: "HeadObject", key, status: 200 }]);
  });
});
