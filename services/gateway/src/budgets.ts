/** Shares of the time that a request may take, ms. */
export interface Budgets {
  /** From when all of a request is here until its answer has begun; then it is 503. */
  readonly pageMs: number;
  /** The recommender's, its one retry included. */
  readonly recommendMs: number;
  readonly recommendAttemptMs: number;
  readonly updatesMs: number;
  /** Of a hot list, which is loaded in the background. */
  readonly hotListMs: number;
  readonly hydrateMs: number;
  readonly blocksMs: number;
  readonly redisMs: number;
  readonly mysql: MysqlBudget;
  /** Of an upload of events that goes to MySQL at once. */
  readonly appending: MysqlBudget;
  /** Of what is sent over sockets, which takes longer than a page may. */
  readonly pushing: MysqlBudget;
}

export interface MysqlBudget {
  readonly acquireTimeoutMs: number;
  readonly statementTimeoutMs: number;
  readonly transactionTimeoutMs: number;
}

export const PAGE_BUDGET_MS = 800;

/** Divides the budget of a request; of 800 ms the recommender has 300, and so has hydration. */
export function budgetsOf(pageMs = PAGE_BUDGET_MS): Budgets {
  const share = (ofDefault: number) => Math.round((pageMs * ofDefault) / PAGE_BUDGET_MS);
  return {
    pageMs,
    recommendMs: share(300),
    recommendAttemptMs: share(180),
    updatesMs: share(200),
    hotListMs: share(1_000),
    hydrateMs: share(300),
    blocksMs: share(50),
    redisMs: share(100),
    mysql: { acquireTimeoutMs: share(200), statementTimeoutMs: share(300), transactionTimeoutMs: share(600) },
    appending: { acquireTimeoutMs: share(300), statementTimeoutMs: share(500), transactionTimeoutMs: share(600) },
    pushing: { acquireTimeoutMs: share(1_000), statementTimeoutMs: share(1_000), transactionTimeoutMs: share(2_000) },
  };
}
