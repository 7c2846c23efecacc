import { Refusal } from "@headline/errors";

/** https://dev.mysql.com/doc/mysql-errors/8.0/en/server-error-reference.html and MariaDB's numbers, which agree on these. */
const DEADLOCK = 1213;
const LOCK_WAIT_TIMEOUT = 1205;
const DUPLICATE_ENTRY = 1062;
const MARIADB_NOWAIT = LOCK_WAIT_TIMEOUT;
const MYSQL_NOWAIT = 3572;
const MARIADB_STATEMENT_TIME = 1969;
const MYSQL_EXECUTION_TIME = 3024;
/** Too many connections, read-only servers, shutdown in progress, statement timeouts of MySQL and MariaDB, killed queries. */
const SERVER_UNABLE = new Set([1040, 1053, 1290, 1836, MYSQL_EXECUTION_TIME, MARIADB_STATEMENT_TIME, 1317, 1927]);

const LOST_CONNECTION = new Set([
  "PROTOCOL_CONNECTION_LOST",
  "PROTOCOL_SEQUENCE_TIMEOUT",
  "ECONNREFUSED",
  "ECONNRESET",
  "EPIPE",
  "ENOENT",
  "ETIMEDOUT",
  "EHOSTUNREACH",
  "ENOTFOUND",
  "POOL_CLOSED",
]);

interface DriverError extends Error {
  readonly errno?: number;
  readonly code?: string;
  readonly fatal?: boolean;
}

/** A statement that had no answer in time. When it is fatal, it was on its way, and nobody knows what became of it. */
export class StatementTimeout extends Error implements DriverError {
  readonly code = "PROTOCOL_SEQUENCE_TIMEOUT";
  readonly fatal: boolean;

  constructor(message: string, { fatal }: { fatal: boolean }) {
    super(message);
    this.fatal = fatal;
  }
}

export function isDuplicate(error: unknown): boolean {
  return errno(error) === DUPLICATE_ENTRY;
}

/** Another transaction holds the row that was asked for with NOWAIT. */
export function isLocked(error: unknown): boolean {
  const number = errno(error);
  return number === MARIADB_NOWAIT || number === MYSQL_NOWAIT;
}

/** The server gave the statement up because it took, or waited, too long; the connection is as good as before. */
export function isGivenUp(error: unknown): boolean {
  const number = errno(error);
  return number === MARIADB_STATEMENT_TIME || number === MYSQL_EXECUTION_TIME;
}

/** No answer came in time, and the connection was cut: a transaction on it is rolled back. */
export function isCut(error: unknown): boolean {
  return error instanceof StatementTimeout && error.fatal;
}

/** The whole transaction may be tried again: none of these leaves anything behind once rolled back. */
export function isContention(error: unknown): boolean {
  return errno(error) === DEADLOCK || errno(error) === LOCK_WAIT_TIMEOUT || isLocked(error);
}

/** After this the connection's state is unknown; it must not go back to the pool. */
export function isConnectionBroken(error: unknown): boolean {
  const { fatal, code } = error as DriverError;
  return fatal === true || (fatal === undefined && code !== undefined && LOST_CONNECTION.has(code));
}

/** What callers may see: an unreachable or unable server is a refusal that passes; everything else is left as it is. */
export function asFailure(error: unknown): unknown {
  if (error instanceof Refusal) return error;
  const number = errno(error);
  const isUnable = number !== undefined && SERVER_UNABLE.has(number);
  if (error instanceof StatementTimeout || isConnectionBroken(error) || isContention(error) || isUnable) {
    return new Refusal("UNAVAILABLE", "the database cannot answer right now", { cause: error, retryAfterSeconds: 1 });
  }
  return error;
}

function errno(error: unknown): number | undefined {
  return (error as DriverError | undefined)?.errno;
}
