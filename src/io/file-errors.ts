// What the errors of a file system mean to a user.

import { type ErrorCode, StediError } from "../errors.js";

/** The code of a system error, such as `ENOENT`. */
export function errno(error: unknown): string | undefined {
  return error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
}

interface Cause {
  readonly code: ErrorCode;
  readonly what: string;
  readonly next: string;
}

const causes: Readonly<Record<string, Cause>> = {
  ENOENT: {
    code: "STEDI_CHANGED",
    what: "a file or folder vanished under the run",
    next: "run again when nothing deletes from the lake",
  },
  EACCES: { code: "STEDI_NO_ACCESS", what: "no access", next: "give this user access to it" },
  EPERM: { code: "STEDI_NO_ACCESS", what: "not permitted", next: "give this user access to it" },
  ENOSPC: {
    code: "STEDI_NO_SPACE",
    what: "no space left",
    next: "free space or inodes there, then run again",
  },
  EDQUOT: { code: "STEDI_NO_SPACE", what: "the quota is used up", next: "free space there, then run again" },
  EROFS: {
    code: "STEDI_READ_ONLY",
    what: "the file system is read-only",
    next: "name another place, one that can be written to",
  },
  ENOTDIR: {
    code: "STEDI_NOT_A_FOLDER",
    what: "a file stands where a folder should be",
    next: "move the file away, or name another folder",
  },
  EEXIST: {
    code: "STEDI_NOT_A_FOLDER",
    what: "a file is in the way",
    next: "move the file away, or name another folder",
  },
  EISDIR: {
    code: "STEDI_NOT_A_FILE",
    what: "a folder stands where a file should be",
    next: "rename or remove the folder",
  },
  ELOOP: {
    code: "STEDI_NOT_A_FILE",
    what: "a symbolic link that leads to itself",
    next: "remove the link",
  },
  ENAMETOOLONG: {
    code: "STEDI_IO",
    what: "a name is longer than the file system takes",
    next: "name a shorter place",
  },
  EFBIG: {
    code: "STEDI_IO",
    what: "a file grew larger than the system or the limit of this process allows",
    next: "raise the limit (ulimit -f), or name a place on another file system",
  },
  EMFILE: {
    code: "STEDI_TOO_MANY_FILES",
    what: "too many open files",
    next: "raise the limit (ulimit -n), then run again",
  },
  ENFILE: {
    code: "STEDI_TOO_MANY_FILES",
    what: "the system has too many open files",
    next: "close other programs, then run again",
  },
};

/** An error of the file system, without its message: that may quote what it was given. */
export function asStediError(error: unknown, where: string): unknown {
  if (error instanceof StediError) return error;
  const code = errno(error);
  if (code === undefined) return error;
  const cause = causes[code] ?? {
    code: "STEDI_IO" as const,
    what: "the disk failed to read or write",
    next: "check the disk, then run again",
  };
  return new StediError(
    cause.code,
    { what: cause.what, where, why: code, next: cause.next },
    { cause: error },
  );
}
