/** Error for an unknown outcome: the server did not answer in time, and the connection is gone. */
export class StatementTimeout extends Error {
  override readonly name = "StatementTimeout";
  readonly isFatal = true;
}

/** A connection to a server that is read-only: its address may lead to another by now. */
export class ReadOnlyServer extends Error {
  override readonly name = "ReadOnlyServer";
  readonly isFatal = true;
}

/** Error when no connection is free in time: nothing was sent. The code is that of a system timeout. */
export class NoConnection extends Error {
  override readonly name = "NoConnection";
  readonly code = "ETIMEDOUT";
}

/** True for an error of a connection that ended or went silent, so that the outcome of its statement is unknown. */
export function isLost(error: unknown): boolean {
  const { isFatal, message } = error as { isFatal?: boolean; message?: string };
  return isFatal === true || LOST.test(codeOf(error)) || LOST_MESSAGE.test(message ?? "");
}

/** True for a server that takes no connection at the moment, but may in the next: it is full, starts, or shuts down. */
export function isUnready(error: unknown): boolean {
  return UNREADY.test(codeOf(error)) || POOL_TIMEOUT.test((error as Error).message);
}

/** True for the error of a server that is read-only: nothing was done, and the address may lead to another. */
export function isNotPrimary(error: unknown): boolean {
  return codeOf(error) === "25006";
}

/** True when the transaction is to be begun again: a serialization failure, a deadlock, a lock timeout, a statement that an operator cancelled. */
export function isConflict(error: unknown): boolean {
  return /^(40001|40P01|55P03|57014)$/.test(codeOf(error));
}

export function isMissingTable(error: unknown): boolean {
  return codeOf(error) === "42P01";
}

/**
 * Codes of a lost connection: PostgreSQL's class 08 (in which PgBouncer reports that its server has gone), a shutdown or
 * crash, a session that was idle for too long, and those of the socket.
 */
const LOST = /^(08...|57P0[1235]|25P03|ECONNRESET|EPIPE|ENOTCONN)$/;
/** Messages of pg for a connection that ended, which have no code. */
const LOST_MESSAGE = /^(Connection terminated|Client has encountered a connection error|Client was closed)/;
const UNREADY = /^(53300|57P01|57P03|ECONNREFUSED|ENOENT)$/;
const POOL_TIMEOUT = /^timeout e/;

function codeOf(error: unknown): string {
  const { code } = (error ?? {}) as { code?: unknown };
  return typeof code === "string" ? code : "";
}
