/** Error for an unknown outcome: the server did not answer in time, and the connection is gone. */
export class StatementTimeout extends Error {
  override readonly name = "StatementTimeout";
  readonly fatal = true;
}

/** True for an error of a connection that ended or went silent, so that the outcome of its statement is unknown. */
export function isLost(error: unknown): boolean {
  const { code, errno, fatal } = error as { code?: string; errno?: number; fatal?: boolean };
  return fatal === true || LOST_CODES.has(code ?? "") || LOST_ERRNOS.has(errno ?? 0);
}

/** True for an error of a server that is read-only or without a quorum: nothing was done, and the address may lead to another. */
export function isNotPrimary(error: unknown): boolean {
  return NOT_PRIMARY_ERRNOS.has((error as { errno?: number }).errno ?? 0);
}

/** A connection for a second or more to a server that is read-only: its address may lead to another by now. */
export class ReadOnlyServer extends Error {
  override readonly name = "ReadOnlyServer";
  readonly fatal = true;
}

/** Error when no connection is free in time: nothing was sent. The code is that of a system timeout. */
export class NoConnection extends Error {
  override readonly name = "NoConnection";
  readonly code = "ETIMEDOUT";
}

/** The server asks for the transaction to be begun again. */
export function isConflict(error: unknown): boolean {
  return CONFLICT_ERRNOS.has((error as { errno?: number }).errno ?? 0);
}

export function isDuplicate(error: unknown): boolean {
  return (error as { errno?: number }).errno === 1062;
}

/** The column is there already. */
export function isDuplicateName(error: unknown): boolean {
  return (error as { errno?: number }).errno === 1060;
}

export function isMissingTable(error: unknown): boolean {
  return (error as { errno?: number }).errno === 1146;
}

const LOST_CODES = new Set(["PROTOCOL_CONNECTION_LOST", "PROTOCOL_SEQUENCE_TIMEOUT", "ECONNRESET", "EPIPE"]);

/** Server gone, lost during a query (also by a proxy's word), connection killed, server shutting down, idle too long; an error during COMMIT. */
const LOST_ERRNOS = new Set([2002, 2003, 2006, 2013, 2055, 1927, 3169, 1053, 4031, 1180]);

/** Read-only in its forms, and a Galera node that is not ready. */
const NOT_PRIMARY_ERRNOS = new Set([1290, 1836, 1792, 1874, 1047]);

/** Deadlock, lock wait timeout, a snapshot that is too old (MariaDB ≥ 11.6), and a statement that an operator interrupted. */
const CONFLICT_ERRNOS = new Set([1213, 1205, 1020, 1317, 3101]);
