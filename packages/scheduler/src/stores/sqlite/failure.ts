/** Reason for which SQLite refused a statement, as far as the store treats it differently. */
export type Failure = "busy" | "readOnly" | "io" | "corrupt" | "full" | "cannotOpen" | "constraint" | "notADatabase";

/** Primary result codes; extended ones have them in their low byte. */
const BY_NUMBER: Readonly<Record<number, Failure>> = {
  5: "busy",
  6: "busy",
  8: "readOnly",
  10: "io",
  11: "corrupt",
  13: "full",
  14: "cannotOpen",
  15: "busy",
  19: "constraint",
  26: "notADatabase",
};

const BY_NAME: Readonly<Record<string, Failure>> = {
  BUSY: "busy",
  LOCKED: "busy",
  READONLY: "readOnly",
  IOERR: "io",
  CORRUPT: "corrupt",
  FULL: "full",
  CANTOPEN: "cannotOpen",
  PROTOCOL: "busy",
  CONSTRAINT: "constraint",
  NOTADB: "notADatabase",
};

/** Returns the reason of a driver's error: `errcode` of node:sqlite, `rawCode` of libsql, `code` of better-sqlite3. */
export function failureOf(error: unknown): Failure | undefined {
  const { errcode, rawCode, code } = error as { errcode?: unknown; rawCode?: unknown; code?: unknown };
  const number = errcode ?? rawCode;
  if (typeof number === "number") return BY_NUMBER[number & 0xff];
  const name = /^SQLITE_([A-Z]+)/.exec(String(code))?.[1];
  return name === undefined ? undefined : BY_NAME[name];
}

const REASONS: Readonly<Record<Exclude<Failure, "constraint">, string>> = {
  busy: "is locked by another program",
  readOnly: "is read-only for this process, or its folder is",
  io: "cannot be read or written",
  corrupt: "is damaged: restore it from a backup, or save what can be read with `sqlite3 FILE .recover`",
  full: "cannot grow, because its disk is full; nothing of this change was written",
  cannotOpen: "cannot be opened",
  notADatabase: "is not a SQLite database",
};

/** Error of a store's file; the message names the file and the reason. */
export class SQLiteFileError extends Error {
  override readonly name = "SQLiteFileError";
}

/** Returns the error that a caller sees: of the file where SQLite refused it, else the same. */
export function describeFailure(path: string, error: unknown): unknown {
  const failure = failureOf(error);
  if (failure === undefined || failure === "constraint") return error;
  return new SQLiteFileError(`${path} ${REASONS[failure]} (${(error as Error).message})`, { cause: error });
}
