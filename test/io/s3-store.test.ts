// A lake on S3: the contract of every store, against each server.

import { PutObjectCommand } from "@aws-sdk/client-s3";
import { beforeAll } from "vitest";
import type { Store } from "../../src/io/store.js";
import { type Bucket, describeS3, newBucket, storeAt } from "../s3/support.js";
import { storeContract } from "./store-contract.js";

describeS3.each(["minio", "versitygw"] as const)("%s", (name) => {
  let bucket: Bucket;
  let stores = 0;
  beforeAll(async () => {
    bucket = await newBucket(name);
  });

  const change = async (store: Store, path: string, bytes: Uint8Array): Promise<void> => {
    const [, prefix] = /^s3:\/\/[^/]+\/(.*)$/.exec(store.uri)!;
    await bucket.client.send(
      new PutObjectCommand({ Bucket: bucket.name, Key: `${prefix}/${path}`, Body: bytes }),
    );
  };

  storeContract(
    `a prefix in ${name}`,
    async (action) => action(await storeAt(bucket.access, `s3://${bucket.name}/lake é ${stores++}/x`)),
    change,
  );
});
