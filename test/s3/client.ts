// How tests and benchmarks reach an S3 server: a client of their own, and the environment by which the AWS SDK of another
// process finds it. No test runner in here.

import { S3Client } from "@aws-sdk/client-s3";
import type { Access } from "./servers.js";

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
export function environmentOf({
  endpoint,
  accessKeyId,
  secretAccessKey,
  sessionToken,
}: Access): Record<string, string> {
  return {
    AWS_ENDPOINT_URL: endpoint,
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    ...(sessionToken !== undefined && { AWS_SESSION_TOKEN: sessionToken }),
    AWS_REGION: region,
    AWS_CONFIG_FILE: "/dev/null",
    AWS_SHARED_CREDENTIALS_FILE: "/dev/null",
    AWS_EC2_METADATA_DISABLED: "true",
    AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true",
  };
}
