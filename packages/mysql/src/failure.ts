import { Refusal } from "@headline/errors";

/** https://dev.mysql.com/doc/mysql-errors/8.0/en/server-error-reference.html and MariaDB's numbers, which agree on these. */
const DEADLOCK = 1213;
const LOCK_WAIT_TIMEOUT = 1205;
const DUPLICATE_ENTRY = 1062;
const MARIADB_NOWAIT = LOCK_WAIT_TIMEOUT;
const MYSQL_NOWAIT = 3572;
/** Too many connections, read-only servers, shutdown in progress, statement timeouts of MySQL and MariaDB, killed queries. */
const SERVER_UNABLE = new Set([1040, 1053, 1290, 1836, 3024, 1969, 1317, 1927]);

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

export function isDuplicate(error: unknown): boolean {
  return errno(error) === DUPLICATE_ENTRY;
}

/** Another transaction holds the row that was asked for with NOWAIT. */
export function isLocked(error: unknown): boolean {
  const number = errno(error);
  return number === MARIADB_NOWAIT || number === MYSQL_NOWAIT;
}

/** The whole transaction may be tried again: neither of these leaves anything behind once rolled back. */
export function isContention(error: unknown): boolean {
  const number = errno(error);
  return number === DEADLOCK || number === LOCK_WAIT_TIMEOUT;
}

/** After this the connection's state is unknown; it must not go back to the pool. */
export function isConnectionBroken(error: unknown): boolean {
  const { fatal, code } = error as DriverError;
  return fatal === true || (code !== undefined && LOST_CONNECTION.has(code));
}

/** What callers may see: an unreachable or unable server is a refusal that passes; everything else is left as it is. */
export function asFailure(error: unknown): unknown {
  if (error instanceof Refusal) return error;
  const number = errno(error);
  if (isConnectionBroken(error) || isContention(error) || (number !== undefined && SERVER_UNABLE.has(number))) {
    return new Refusal("UNAVAILABLE", "the database cannot answer right now", { cause: error, retryAfterSeconds: 1 });
  }
  return error;
}

function errno(error: unknown): number | undefined {
  return (error as DriverError | undefined)?.errno;
}
