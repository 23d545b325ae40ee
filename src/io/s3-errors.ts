// What the errors of an S3 store mean to a user. Of what the store and the SDK say, only the kind of error, the HTTP
// status and the number of the request are passed on: their texts may quote credentials.

import { type ErrorCode, StediError } from "../errors.js";

interface Cause {
  readonly code: ErrorCode;
  readonly what: string;
  readonly next: string;
}

/** What the SDK throws, as far as it is looked at. */
interface S3Failure {
  readonly name: string;
  readonly code?: string;
  readonly $metadata?: { httpStatusCode?: number; requestId?: string; attempts?: number };
}

const credentials: Cause = {
  code: "STEDI_CREDENTIALS",
  what: "the store does not take these credentials",
  next: "renew or correct them (AWS_PROFILE, AWS_ACCESS_KEY_ID or the other usual places), and check this machine's clock",
};

const noSpace: Cause = {
  code: "STEDI_NO_SPACE",
  what: "no space left in the store",
  next: "free space there, then run again",
};

const changed: Cause = {
  code: "STEDI_CHANGED",
  what: "an object changed or vanished under the run",
  next: "run again when nothing writes to the landing zone or deletes from the lake",
};

const noBucket: Cause = {
  code: "STEDI_NOT_FOUND",
  what: "there is no such bucket",
  next: "correct its name, the region or AWS_ENDPOINT_URL, or make it",
};

const unavailable: Cause = {
  code: "STEDI_UNAVAILABLE",
  what: "the store did not answer as it should, again and again until the deadline",
  next: "run again later; check the network, the region and AWS_ENDPOINT_URL; --retry-for SECONDS waits longer",
};

const causes: Readonly<Record<string, Cause>> = {
  CredentialsProviderError: {
    ...credentials,
    what: "there are no credentials for the store",
    next: "set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or run where a role gives them",
  },
  ExpiredToken: credentials,
  ExpiredTokenException: credentials,
  InvalidAccessKeyId: credentials,
  InvalidToken: credentials,
  RequestExpired: credentials,
  RequestTimeTooSkewed: credentials,
  SignatureDoesNotMatch: credentials,
  TokenRefreshRequired: credentials,
  NoSuchBucket: noBucket,
  InvalidBucketName: noBucket,
  NoSuchKey: changed,
  NotFound: changed,
  PreconditionFailed: changed,
  InvalidRange: changed,
  QuotaExceeded: noSpace,
  XMinioStorageFull: noSpace,
  XMinioAdminBucketQuotaExceeded: noSpace,
};

const noAccess: Cause = {
  code: "STEDI_NO_ACCESS",
  what: "no access",
  next: "give these credentials that permission there; `stedi doctor` prints a policy that would do",
};

const byStatus: Readonly<Record<number, Cause>> = {
  401: credentials,
  403: noAccess,
  404: changed,
  412: changed,
  429: unavailable,
  507: noSpace,
};

const refused: Cause = {
  code: "STEDI_REFUSED",
  what: "the store refused a request",
  next: "look the error up in the store's documentation, with the request's number in its log; `stedi doctor` tries what a run needs",
};

/**
 * @param operation the S3 operation, such as `GetObject`
 * @param where bucket and key
 * @returns the error for the user; what is no failure of a store or the network as it came
 */
export function asS3Error(error: unknown, operation: string, where: string): unknown {
  if (error instanceof StediError || !isS3Failure(error)) return error;
  const { name, code, $metadata = {} } = error;
  const { httpStatusCode: status = 0, requestId } = $metadata;
  const cause = causes[name] ?? byStatus[status] ?? (status === 0 || status >= 500 ? unavailable : refused);
  const why = [
    `${operation}: ${word(code ?? name)}`,
    status > 0 && `HTTP ${status}`,
    requestId && `request ${word(requestId)}`,
  ];
  // Without its cause: what the SDK throws holds the request, and with it the key's number and a signature.
  return new StediError(cause.code, {
    what: cause.what,
    where,
    why: why.filter(Boolean).join(", "),
    next: cause.next,
  });
}

/** Whether an error says that a store or the network failed; anything else is a bug. */
function isS3Failure(error: unknown): error is S3Failure {
  if (!(error instanceof Error)) return false;
  const { name, code, $metadata } = error as Partial<S3Failure>;
  return (
    $metadata?.httpStatusCode !== undefined ||
    name === "CredentialsProviderError" ||
    name === "TimeoutError" ||
    (code !== undefined && networkCode.test(code))
  );
}

/** Errors of the system, of a body that breaks off, of HTTP that cannot be read, and of certificates. */
const networkCode =
  /^(E[A-Z]+|EAI_\w+|ERR_STREAM_PREMATURE_CLOSE|HPE_\w+|ERR_(TLS|SSL)_\w+|CERT_\w+|\w*SELF_SIGNED\w*|UNABLE_TO_\w+)$/;

/** A store may say anything: only what looks like a name or a number is passed on. */
function word(text: string): string {
  return /^[\w.+/=:-]{1,128}$/.test(text) ? text : "(unreadable)";
}

/** The HTTP status of an answer that is an error; 0 where there was no answer. */
export function statusOf(error: unknown): number {
  return (error as Partial<S3Failure>).$metadata?.httpStatusCode ?? 0;
}
