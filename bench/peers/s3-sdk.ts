// The plain AWS SDK, as one uses it who wants the same bytes moved and nothing done to them: gets all objects of a lake,
// 16 at once, and meanwhile puts files as other objects. node s3-sdk.mjs BUCKET LAKE FILES OUT. Prints how many bytes it
// got and put.

import { createReadStream, readdirSync, statSync } from "node:fs";
import { GetObjectCommand, paginateListObjectsV2, S3Client } from "@aws-sdk/client-s3";
import { Upload } from "@aws-sdk/lib-storage";
import pLimit from "p-limit";

const [Bucket, lake, files, out] = process.argv.slice(2) as [string, string, string, string];
const client = new S3Client({ forcePathStyle: true });
const limit = pLimit(16);
let got = 0;
let put = 0;

async function get(Key: string): Promise<void> {
  const { Body } = await client.send(new GetObjectCommand({ Bucket, Key }));
  for await (const chunk of Body as AsyncIterable<Uint8Array>) got += chunk.length;
}

async function upload(name: string): Promise<void> {
  const Body = createReadStream(`${files}/${name}`);
  await new Upload({ client, params: { Bucket, Key: `${out}/${name}`, Body } }).done();
  put += statSync(`${files}/${name}`).size;
}

const gets: Promise<void>[] = [];
for await (const { Contents = [] } of paginateListObjectsV2({ client }, { Bucket, Prefix: `${lake}/` })) {
  gets.push(...Contents.map(({ Key }) => limit(() => get(Key!))));
}
const names = readdirSync(files, { recursive: true, encoding: "utf8" }).filter((name) =>
  name.endsWith(".json"),
);
await Promise.all([...gets, ...names.map(upload)]);
process.stdout.write(JSON.stringify({ got, put }));
