/** Names in every statement of one store: its tables, its namespace, and the store's clock. */
export interface Tables {
  readonly ns: string;
  readonly jobs: string;
  readonly instances: string;
  readonly executions: string;
  readonly waiting: string;
  readonly nodes: string;
  /** SQL for now, epoch ms: the same moment throughout one statement. */
  readonly now: string;
}

/**
 * Server's clock, by way of UTC, because UNIX_TIMESTAMP(NOW(3)) is wrong for an hour each autumn where the session's
 * zone has clock changes.
 */
const SERVER_NOW = "(TIMESTAMPDIFF(MICROSECOND, '1970-01-01 00:00:00', UTC_TIMESTAMP(3)) DIV 1000)";

/** Returns the tables; a given `clock` replaces the server's time. */
export function tablesOf(prefix: string, ns: string, clock: (() => number) | undefined): Tables {
  return {
    ns,
    jobs: `${prefix}jobs`,
    instances: `${prefix}instances`,
    executions: `${prefix}executions`,
    waiting: `${prefix}waiting`,
    nodes: `${prefix}nodes`,
    get now() {
      return clock === undefined ? SERVER_NOW : `(${Number(clock()).toFixed(0)})`;
    },
  };
}
