import type { Transaction } from "@headline/mysql";
import { type JobsInTransaction, MySQLJobStore, type SharedJobSpec } from "@headline/scheduler/stores";

/** Jobs in a transaction that is under way: they are there if and only if what they are about is. */
export type JobsIn = (tx: Transaction) => JobsInTransaction;

const NAMESPACE = "headline";

/** Jobs of a given time run at least once: never early, and late rather than never. */
const POLICY = {
  ack: "late",
  misfireGraceTime: null,
  maxDeliveries: 20,
  timeoutMs: 60_000,
  retries: { max: 20, delayMs: 1_000, maxDelayMs: 60_000 },
} as const satisfies Partial<SharedJobSpec>;

/** The product's jobs in MySQL, beside what they are about. */
export function openJobStore(mysqlUrl: string): MySQLJobStore {
  return new MySQLJobStore({ url: mysqlUrl, namespace: NAMESPACE });
}

/** Jobs of the store in transactions of the product's own connections. */
export function jobsIn(store: MySQLJobStore): JobsIn {
  return (tx) =>
    store.inTransaction((sql, params) => (sql.startsWith("SELECT") ? tx.query(sql, params) : tx.write(sql, params)), {
      jobDefaults: POLICY,
    });
}
