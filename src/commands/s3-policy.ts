// The IAM policy that a run on S3 needs, and nothing beyond it.

import type { Store } from "../io/store.js";
import { landingTables } from "../transforms/tables.js";
import type { Settings } from "./settings.js";

interface Statement {
  readonly Sid: string;
  readonly Effect: "Allow";
  readonly Action: readonly string[];
  readonly Resource: readonly string[];
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;
}

/** A policy document in the form that AWS takes. */
export interface Policy {
  readonly Version: "2012-10-17";
  readonly Statement: readonly Statement[];
}

/** What has to be allowed to read a lake and to write to where its zones go; places that are folders need nothing. */
export function policyFor(
  lake: Store,
  out: Store,
  { "sse-kms-key-id": key, sse }: Pick<Settings, "sse" | "sse-kms-key-id">,
): Policy {
  const statements: Statement[] = [];
  const [from, to] = [placeOf(lake), placeOf(out)];
  if (from) {
    statements.push(listing("ListTheLake", from), {
      Sid: "ReadTheLandingZone",
      Effect: "Allow",
      Action: ["s3:GetObject"],
      Resource: landingTables.map(({ folder }) => `${from.objects}${folder}/*`),
    });
  }
  if (to) {
    statements.push(
      ...(to.objects === from?.objects ? [] : [listing("ListTheOutput", to)]),
      {
        Sid: "WriteZonesAndCommits",
        Effect: "Allow",
        Action: ["s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload"],
        Resource: [`${to.objects}*`],
      },
      {
        Sid: "SeeUploadsAndVersioning",
        Effect: "Allow",
        Action: ["s3:ListBucketMultipartUploads", "s3:GetBucketVersioning"],
        Resource: [to.bucket],
      },
    );
    if (sse === "aws:kms") {
      statements.push({
        Sid: "Encrypt",
        Effect: "Allow",
        Action: ["kms:GenerateDataKey", "kms:Decrypt"],
        Resource: [key ?? "*"],
      });
    }
  }
  return { Version: "2012-10-17", Statement: statements };
}

interface Place {
  readonly bucket: string;
  /** What the names of its objects begin with. */
  readonly objects: string;
  readonly prefix: string;
}

function placeOf(store: Store): Place | undefined {
  const [, bucket, prefix] = /^s3:\/\/([^/]+)\/?(.*)$/.exec(store.uri) ?? [];
  if (bucket === undefined) return undefined;
  const below = prefix === "" ? "" : `${prefix}/`;
  return { bucket: `arn:aws:s3:::${bucket}`, objects: `arn:aws:s3:::${bucket}/${below}`, prefix: below };
}

function listing(Sid: string, { bucket, prefix }: Place): Statement {
  return {
    Sid,
    Effect: "Allow",
    Action: ["s3:ListBucket"],
    Resource: [bucket],
    ...(prefix !== "" && { Condition: { StringLike: { "s3:prefix": [`${prefix}*`] } } }),
  };
}
