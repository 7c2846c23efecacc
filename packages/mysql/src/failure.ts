import { Refusal } from "@headline/service/errors";

/**
 * Classification of the errors of servers and the proxies before them
 * (https://dev.mysql.com/doc/mysql-errors/8.4/en/server-error-reference.html, https://mariadb.com/kb/en/mariadb-error-code-reference/).
 */
const DUPLICATE_ENTRY = 1062;
const LOCK_WAIT_TIMEOUT = 1205;
const MYSQL_NOWAIT = 3572;
const MARIADB_STATEMENT_TIME = 1969;
const MYSQL_EXECUTION_TIME = 3024;

/** Deadlock, lock wait timeout, a snapshot that is too old (MariaDB ≥ 11.6), NOWAIT, a changed table, a rollback at COMMIT (group replication). */
const CONTENTION = new Set([1213, LOCK_WAIT_TIMEOUT, 1020, MYSQL_NOWAIT, 1412, 3101]);

/** Another server writes now, or this one belongs to no quorum: read-only in its four forms, and a Galera node that is not ready. */
const NOT_PRIMARY = new Set([1290, 1836, 1792, 1874, 1047]);

/** Sessions that the server ends: shutdown, killed, idle for too long; and what proxies say of a server behind them that is gone. */
const SESSION_ENDED = new Set([1053, 1927, 3169, 4031, 1152, 1158, 1159, 1160, 1161, 2002, 2003, 2006, 2013, 2055]);

/** Prepared statements beyond the server's limit, or unknown to another server behind a proxy. */
const NOT_PREPARED = new Set([1461, 1243, 1615, 1295]);

/** A server without the means: connections (of all, of one user), disk, memory, files, locks, time; an interrupted statement. */
const EXHAUSTED = new Set([
  1, // below 100: of the server's files, a temporary one on a full disk
  3,
  5,
  20,
  23,
  1040,
  1203,
  1226,
  1129,
  1135,
  1114,
  1021,
  1026,
  1030,
  1037,
  1038,
  1041,
  1119,
  1180,
  1206,
  1223,
  1317,
  1637,
  1878,
  3168,
  3186,
  MARIADB_STATEMENT_TIME,
  MYSQL_EXECUTION_TIME,
]);

/** A user, password or database that the server does not know: it may while credentials are changed, and at a start it will not. */
const NOT_LET_IN = new Set([1044, 1045, 1049, 1130, 1142, 1143, 1227, 1251, 1370, 1698, 1820, 1862, 3118, 3159, 4151]);

/** ProxySQL's own errors: no server of the hostgroup can be reached. */
const isProxySql = (number: number) => number >= 9_000 && number < 9_100;

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

/** Timeout of a statement. A fatal one was sent, and whether it ran is unknown. */
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

/** Whether another transaction has locked the row that was read with NOWAIT. */
export function isLocked(error: unknown): boolean {
  const number = errno(error);
  return number === LOCK_WAIT_TIMEOUT || number === MYSQL_NOWAIT; // MariaDB answers NOWAIT with the former
}

/** Whether the server gave up a statement that took or waited too long; the connection is still good. */
export function isGivenUp(error: unknown): boolean {
  const number = errno(error);
  return number === MARIADB_STATEMENT_TIME || number === MYSQL_EXECUTION_TIME;
}

/** Whether no answer came in time and the connection was destroyed: a transaction on it is rolled back. */
export function isCut(error: unknown): boolean {
  return error instanceof StatementTimeout && error.fatal;
}

/** Whether the transaction may be retried: after the rollback nothing of it remains. */
export function isContention(error: unknown): boolean {
  return has(CONTENTION, error);
}

/** Whether the server is not the primary: its address may lead to another by now. */
export function isNotPrimary(error: unknown): boolean {
  return has(NOT_PRIMARY, error);
}

/** Whether a statement could not be prepared, and so has not run. */
export function isNotPrepared(error: unknown): boolean {
  return has(NOT_PREPARED, error);
}

/** Whether the server refuses this user, password or database, which no retry changes. */
export function isNotLetIn(error: unknown): boolean {
  return has(NOT_LET_IN, error instanceof Refusal ? error.cause : error);
}

/** Whether the connection must not return to the pool: its state is unknown, or its server is not the primary. */
export function isConnectionBroken(error: unknown): boolean {
  const { fatal, code } = error as DriverError;
  if (fatal === true || has(SESSION_ENDED, error) || isNotPrimary(error)) return true;
  return fatal === undefined && code !== undefined && LOST_CONNECTION.has(code);
}

/** Converts an unreachable or unable server to a refusal UNAVAILABLE; leaves every other error as it is. */
export function asFailure(error: unknown): unknown {
  if (error instanceof Refusal) return error;
  if (isNotLetIn(error)) return unavailable(withoutNames(error as DriverError));
  if (error instanceof StatementTimeout || isConnectionBroken(error) || isContention(error) || isUnable(error)) {
    return unavailable(error);
  }
  return error;
}

function unavailable(cause: unknown): Refusal {
  return new Refusal("UNAVAILABLE", "the database cannot answer right now", { cause, retryAfterSeconds: 1 });
}

/** Server messages repeat the user and the database of an address, which logs must not. */
function withoutNames({ errno, code }: DriverError): Error {
  return Object.assign(new Error(`the server refuses the user or database of the address (${code})`), { errno, code });
}

function isUnable(error: unknown): boolean {
  return [EXHAUSTED, NOT_PREPARED].some((numbers) => has(numbers, error)) || isProxySql(errno(error) ?? 0);
}

function has(numbers: ReadonlySet<number>, error: unknown): boolean {
  return numbers.has(errno(error) ?? 0);
}

function errno(error: unknown): number | undefined {
  return (error as DriverError | undefined)?.errno;
}
