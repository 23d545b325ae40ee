// Every way in which the program refuses to go on: one stable code each, its exit code, and the
// error class that carries what happened, where, why and what to do next.

/** Exit codes, as promised to scripts. */
export const exitCodes = {
  done: 0,
  data: 1,
  usage: 2,
  store: 3,
  consent: 4,
  race: 5,
  bug: 70,
  sigint: 130,
  sigterm: 143,
} as const;

/** Each stable error code with its exit code. `docs/errors.md` explains them; a test holds the two together. */
export const errorCodes = {
  STEDI_STRICT: exitCodes.data,
  STEDI_TOO_LARGE_TO_CLEAN: exitCodes.data,

  STEDI_UNKNOWN_COMMAND: exitCodes.usage,
  STEDI_UNKNOWN_OPTION: exitCodes.usage,
  STEDI_UNKNOWN_STAGE: exitCodes.usage,
  STEDI_BAD_VALUE: exitCodes.usage,
  STEDI_BAD_CONFIG: exitCodes.usage,
  STEDI_BAD_PLAN: exitCodes.usage,
  STEDI_JOIN_MEMORY: exitCodes.usage,
  STEDI_INPUT_MISSING: exitCodes.usage,
  STEDI_INPUT_STALE: exitCodes.usage,
  STEDI_SAME_PLACE: exitCodes.usage,
  STEDI_AMBIGUOUS_LAYOUT: exitCodes.usage,

  STEDI_NOT_FOUND: exitCodes.store,
  STEDI_NO_ACCESS: exitCodes.store,
  STEDI_NO_SPACE: exitCodes.store,
  STEDI_READ_ONLY: exitCodes.store,
  STEDI_NOT_A_FOLDER: exitCodes.store,
  STEDI_NOT_A_FILE: exitCodes.store,
  STEDI_TOO_MANY_FILES: exitCodes.store,
  STEDI_CHANGED: exitCodes.store,
  STEDI_BAD_GZIP: exitCodes.store,
  STEDI_BAD_ZONE: exitCodes.store,
  STEDI_BAD_COMMIT: exitCodes.store,
  STEDI_NOT_EMPTY: exitCodes.store,
  STEDI_IO: exitCodes.store,
  STEDI_CREDENTIALS: exitCodes.store,
  STEDI_UNAVAILABLE: exitCodes.store,
  STEDI_REFUSED: exitCodes.store,
  STEDI_CHECKSUM: exitCodes.store,
  STEDI_NO_CONDITION: exitCodes.store,

  STEDI_NO_CUSTOMERS: exitCodes.consent,
  STEDI_CUSTOMERS_REMOVED: exitCodes.consent,

  STEDI_COMMITTED_BY_ANOTHER: exitCodes.race,

  STEDI_WORKER: exitCodes.bug,
  STEDI_BOOKS: exitCodes.bug,
  STEDI_BUG: exitCodes.bug,

  STEDI_INTERRUPTED: exitCodes.sigint,
  STEDI_TERMINATED: exitCodes.sigterm,
} as const;

/** A stable code: never reused for something else. */
export type ErrorCode = keyof typeof errorCodes;

/** The parts of an error message. None may hold a value or an undeclared field name of a landing record. */
export interface ErrorParts {
  /** What went wrong, one sentence without a full stop. */
  readonly what: string;
  /** File, byte offset, record number, option: where it went wrong. */
  readonly where?: string | undefined;
  /** The cause, as far as it is known. */
  readonly why?: string | undefined;
  /** What the user can do now. */
  readonly next?: string | undefined;
}

/** An error that a user can act on. Anything else that is thrown is a bug in the program. */
export class StediError extends Error {
  override readonly name = "StediError";
  readonly code: ErrorCode;
  readonly parts: ErrorParts;

  /**
   * An error of that code.
   * @param options its cause, where there is one; it is never shown
   */
  constructor(code: ErrorCode, parts: ErrorParts, options?: ErrorOptions) {
    super(parts.where === undefined ? parts.what : `${parts.what}: ${parts.where}`, options);
    this.code = code;
    this.parts = parts;
  }

  /** What the command ends with; see `exitCodes`. */
  get exitCode(): number {
    return errorCodes[this.code];
  }
}
