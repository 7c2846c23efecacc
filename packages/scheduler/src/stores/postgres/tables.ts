/** Names in every statement of one store: its tables, its namespace, and the store's clock. */
export interface Tables {
  readonly ns: string;
  readonly jobs: string;
  readonly instances: string;
  readonly executions: string;
  readonly waiting: string;
  readonly nodes: string;
  /** Channel of wake-ups, which the namespaces share. */
  readonly channel: string;
  /** SQL for now, epoch ms: the same moment throughout one statement. */
  readonly now: string;
}

/** Server's clock at the arrival of the statement; `now()` would be that of its transaction. */
const SERVER_NOW = "floor(extract(epoch FROM statement_timestamp()) * 1000)::bigint";

/** Returns the tables; a given `clock` replaces the server's time. */
export function tablesOf(prefix: string, ns: string, clock: (() => number) | undefined): Tables {
  return {
    ns,
    jobs: `${prefix}jobs`,
    instances: `${prefix}instances`,
    executions: `${prefix}executions`,
    waiting: `${prefix}waiting`,
    nodes: `${prefix}nodes`,
    channel: `${prefix}wake`,
    get now() {
      return clock === undefined ? SERVER_NOW : `${Number(clock()).toFixed(0)}::bigint`;
    },
  };
}
