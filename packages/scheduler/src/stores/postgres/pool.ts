/** The part of a pg.Pool that the store uses. */
export interface PostgresPool {
  connect(): Promise<PostgresClient>;
  on(event: "error", listener: (error: Error) => void): unknown;
}

/** The part of a pg.PoolClient that the store uses. */
export interface PostgresClient {
  query(statement: PostgresStatement): Promise<PostgresResult>;
  /** Gives the connection back to its pool; with true it is ended. */
  release(destroy?: boolean): void;
  on(event: "error", listener: (error: Error) => void): unknown;
  on(event: "end", listener: () => void): unknown;
  on(event: "notification", listener: (notification: PostgresNotification) => void): unknown;
}

/** Statement with its values. It has no name: a prepared one would be unknown to the next server behind a PgBouncer. */
export interface PostgresStatement {
  text: string;
  values?: unknown[];
  types?: { getTypeParser: () => (text: string) => string };
}

export interface PostgresResult {
  readonly rows: Record<string, string | null>[];
  readonly rowCount: number | null;
  readonly command: string;
}

export interface PostgresNotification {
  readonly channel: string;
  readonly payload?: string | undefined;
}

/** Ends a connection without a goodbye, for which the other end of a dead link would be waited for. */
export function cut(client: PostgresClient): void {
  client.release(true);
  hangUp(client);
}

export function hangUp(client: object): void {
  (client as { connection?: { stream?: { destroy(): void } } }).connection?.stream?.destroy();
}
