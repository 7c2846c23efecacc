import { encodeJob, type JobRecord } from "../core/job-record.js";
import type {
  ClaimKey,
  ClaimRequest,
  ClaimResult,
  DispatchRequest,
  DispatchResult,
  ExecutionLog,
  InstanceKey,
  JobPage,
  JobQuery,
  JobStore,
  ReclaimResult,
  Renewal,
  Report,
  SchedulerNode,
} from "../core/job-store.js";
import { checkKnown, type OptionNames } from "../core/known-options.js";
import { defaultLogger, type Logger } from "../core/logger.js";
import { claimDue } from "./postgres/claim-due.js";
import { Connections } from "./postgres/connections.js";
import { dispatch } from "./postgres/dispatch.js";
import { executionLog } from "./postgres/execution-log.js";
import { jobStatements } from "./postgres/job-statements.js";
import { releaseClaims, releaseInstances, renew, requestCancel } from "./postgres/leases.js";
import { listJobs, readJob } from "./postgres/list-jobs.js";
import { heartbeat, nodes, removeNode } from "./postgres/nodes.js";
import { type OwnPool, ownPool } from "./postgres/own-pool.js";
import type { PostgresPool } from "./postgres/pool.js";
import { reclaim } from "./postgres/reclaim.js";
import { report } from "./postgres/report.js";
import { checkTables, migrate } from "./postgres/schema.js";
import { type Session, Sessions } from "./postgres/session.js";
import { type Tables, tablesOf } from "./postgres/tables.js";
import { tagColumn } from "./postgres/tags.js";
import { cancelWaiting, waitingChange } from "./postgres/waiting.js";
import { WakeUp } from "./postgres/wake-up.js";
import { checkStorable } from "./sql/check-storable.js";
import {
  type InTransactionOptions,
  type JobsInTransaction,
  jobsInTransaction,
  type RunSql,
} from "./sql/jobs-in-transaction.js";
import { ms } from "./sql/values.js";

export type { PostgresClient, PostgresPool } from "./postgres/pool.js";
export type { InTransactionOptions, JobsInTransaction, RunSql, SharedJobSpec } from "./sql/jobs-in-transaction.js";

const OPTIONS: OptionNames<PostgresJobStoreOptions> = {
  pool: true,
  url: true,
  namespace: true,
  tablePrefix: true,
  now: true,
  connectMs: true,
  statementMs: true,
  logger: true,
};

/** Options of a PostgresJobStore. */
export interface PostgresJobStoreOptions {
  /**
   * A pg.Pool, best one of its own: one of its connections listens for wake-ups while a scheduler runs. No setting of its
   * sessions is changed. It stays open at `close`.
   */
  readonly pool?: PostgresPool;
  /** Or where to connect to; the store then has a pool of five connections of its own. */
  readonly url?: string;
  /** Stores of different namespaces in the same tables do not see each other. Default "default". */
  readonly namespace?: string;
  /** Default "scheduler_". */
  readonly tablePrefix?: string;
  /** Replaces the server's clock (epoch ms), for tests. All schedulers of the tables must agree on it. */
  readonly now?: () => number;
  /** Longest waits for a connection and for a statement, ms. Default 2,000 and 5,000. */
  readonly connectMs?: number;
  readonly statementMs?: number;
  /** Log sink for a pooler that lets no notification through. Default: standard error. */
  readonly logger?: Pick<Logger, "warn">;
}

const INSERTS_MAX = 3;

/**
 * Jobs in PostgreSQL ≥ 13, shared by any number of schedulers. Claims use SKIP LOCKED and leases by the server's clock,
 * LISTEN and NOTIFY wake the others; every method is one transaction (or a read), ends in time, and is repeated by itself
 * when a lock or the network got in its way. Works behind a PgBouncer that pools transactions, with a poll each second in
 * place of LISTEN. Tables: scheduler_jobs, scheduler_instances, scheduler_waiting, scheduler_executions, scheduler_nodes and
 * scheduler_schema; `migrate` makes them.
 */
export class PostgresJobStore implements JobStore {
  readonly shared = true;
  readonly executions: ExecutionLog;
  readonly #own: OwnPool | undefined;
  readonly #sessions: Sessions;
  readonly #tables: Tables;
  readonly #prefix: string;
  readonly #wakeUp: WakeUp;

  constructor(options: PostgresJobStoreOptions) {
    checkKnown<PostgresJobStoreOptions>(options, OPTIONS, "PostgresJobStore");
    const { pool, url, namespace = "default", tablePrefix = "scheduler_", now, logger = defaultLogger } = options;
    const { connectMs = 2_000, statementMs = 5_000 } = options;
    if (pool === undefined && url === undefined) throw new TypeError("pool: give a pg.Pool, or a url");
    if (!/^([a-z_]\w{0,39})?$/i.test(tablePrefix))
      throw new TypeError("tablePrefix: only letters, digits and _ are allowed, at most 40, and no digit first");
    if (namespace.length > 64) throw new TypeError("namespace: must have at most 64 characters");
    this.#own = pool === undefined ? ownPool(url!, connectMs) : undefined;
    pool?.on("error", () => {}); // an idle connection that ends is replaced at its next use
    const open = this.#own === undefined ? () => Promise.resolve(pool!) : this.#own.pool;
    const connections = new Connections(open, { connectMs, statementMs });
    this.#sessions = new Sessions(connections, statementMs);
    this.#prefix = tablePrefix.toLowerCase();
    this.#tables = tablesOf(this.#prefix, namespace, now);
    this.#wakeUp = new WakeUp(connections, this.#sessions, this.#tables, logger);
    this.executions = executionLog(this.#sessions, this.#tables);
  }

  migrate(): Promise<void> {
    this.#own?.reopen();
    return migrate(this.#sessions, this.#prefix);
  }

  start(): Promise<void> {
    this.#own?.reopen();
    return checkTables(this.#sessions, this.#prefix);
  }

  async close(): Promise<void> {
    this.#wakeUp.close();
    await this.#own?.close();
  }

  async now(): Promise<number> {
    const [row] = await this.#sessions.each((session) => session.rows(`SELECT ${this.#tables.now} AS now_ms`));
    return ms(row!["now_ms"]);
  }

  async insert(job: JobRecord): Promise<JobRecord | undefined> {
    checkStorable(job);
    const existing = await this.#sessions.each((session) => this.#insert(session, job));
    if (existing === undefined) this.#wakeUp.notify();
    return existing;
  }

  async #insert(session: Session, job: JobRecord): Promise<JobRecord | undefined> {
    const { ns, jobs } = this.#tables;
    const { id, func, executor, tags, nextRunMs, version, maxInstances, incarnation } = job;
    for (let attempt = 1; ; attempt++) {
      const inserted = await session.run(
        `INSERT INTO ${jobs} (ns, id, func, executor, tags, next_run_ms, version, max_instances, spec)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING`,
        [ns, id, func, executor, tagColumn(tags), nextRunMs, version, maxInstances, encodeJob(job)],
      );
      if (inserted > 0) return undefined;
      const existing = await readJob(session, this.#tables, id);
      // It may be the one inserted here, whose answer was lost; and it may have been removed meanwhile.
      if (existing !== undefined) return session.again && existing.incarnation === incarnation ? undefined : existing;
      if (attempt >= INSERTS_MAX) throw new Error(`job "${id}" comes and goes while it is added`);
    }
  }

  /**
   * Adds and removes jobs in a transaction of yours, so that an order and its job exist together or not at all. Schedulers
   * are woken by the commit.
   */
  inTransaction(run: RunSql, options: InTransactionOptions = {}): JobsInTransaction {
    return jobsInTransaction(run, jobStatements(this.#tables), options);
  }

  get(id: string): Promise<JobRecord | undefined> {
    return this.#sessions.each((session) => readJob(session, this.#tables, id));
  }

  list(query: JobQuery): Promise<JobPage> {
    return this.#sessions.each((session) => listJobs(session, this.#tables, query));
  }

  async update(job: JobRecord): Promise<JobRecord | undefined> {
    checkStorable(job);
    const updated = await this.#sessions.each((session) => this.#update(session, job));
    if (!updated) return undefined;
    this.#wakeUp.notify();
    return { ...job, version: job.version + 1 };
  }

  async #update(session: Session, job: JobRecord): Promise<boolean> {
    const { ns, jobs } = this.#tables;
    const spec = encodeJob(job);
    const changed = await session.run(
      `UPDATE ${jobs} SET func = $4, executor = $5, tags = $6, next_run_ms = $7, max_instances = $8, spec = $9,
         version = version + 1, lease_owner = NULL, lease_until = 0 WHERE ns = $1 AND id = $2 AND version = $3`,
      [
        ...[ns, job.id, job.version],
        ...[job.func, job.executor, tagColumn(job.tags), job.nextRunMs, job.maxInstances, spec],
      ],
    );
    if (changed > 0 || session.again) {
      const { sql, values } = waitingChange(this.#tables, job);
      await session.run(sql, values);
    }
    if (changed > 0 || !session.again) return changed > 0;
    // The job as this change left it: its answer was lost, not the change.
    const same = await session.rows(
      `SELECT 1 FROM ${jobs} WHERE ns = $1 AND id = $2 AND version = $3 AND next_run_ms IS NOT DISTINCT FROM $4::bigint
         AND lease_until = 0 AND spec = $5`,
      [ns, job.id, job.version + 1, job.nextRunMs, spec],
    );
    return same.length > 0;
  }

  async remove(id: string): Promise<boolean> {
    const { ns, jobs } = this.#tables;
    const wasThere = await this.#sessions.each(async (session) => {
      const removed = await session.run(`DELETE FROM ${jobs} WHERE ns = $1 AND id = $2`, [ns, id]);
      return removed > 0 || session.again; // gone either way, and most likely by us
    });
    const waited = await cancelWaiting(this.#sessions, this.#tables, { jobId: id });
    return wasThere || waited;
  }

  async removeAll(): Promise<number> {
    const { ns, jobs } = this.#tables;
    let unanswered = 0;
    const count = await this.#sessions.transaction(async (session) => {
      const removed = await session.run(`DELETE FROM ${jobs} WHERE ns = $1`, [ns]);
      unanswered = Math.max(unanswered, removed);
      return session.again ? unanswered : removed;
    });
    await cancelWaiting(this.#sessions, this.#tables, {});
    return count;
  }

  claimDue(request: ClaimRequest): Promise<ClaimResult> {
    return claimDue(this.#sessions, this.#tables, request);
  }

  async dispatch(requests: readonly DispatchRequest[]): Promise<DispatchResult[]> {
    const results = await dispatch(this.#sessions, this.#tables, requests);
    if (requests.some(({ instance }) => instance?.released)) this.#wakeUp.notify();
    return results;
  }

  async releaseClaims(claims: readonly ClaimKey[]): Promise<void> {
    if (claims.length === 0) return;
    await releaseClaims(this.#sessions, this.#tables, claims);
    this.#wakeUp.notify();
  }

  report(reports: readonly Report[]): Promise<boolean[]> {
    return report(this.#sessions, this.#tables, reports);
  }

  renew(keys: readonly InstanceKey[], leaseMs: number): Promise<Renewal> {
    return renew(this.#sessions, this.#tables, keys, leaseMs);
  }

  reclaim(request: ClaimRequest): Promise<ReclaimResult> {
    return reclaim(this.#sessions, this.#tables, request);
  }

  async releaseInstances(keys: readonly InstanceKey[]): Promise<void> {
    await releaseInstances(this.#sessions, this.#tables, keys);
    this.#wakeUp.notify();
  }

  requestCancel(executionId: string): Promise<boolean> {
    return requestCancel(this.#sessions, this.#tables, executionId);
  }

  heartbeat(node: SchedulerNode): Promise<void> {
    return heartbeat(this.#sessions, this.#tables, node);
  }

  nodes(): Promise<SchedulerNode[]> {
    return nodes(this.#sessions, this.#tables);
  }

  removeNode(id: string): Promise<void> {
    return removeNode(this.#sessions, this.#tables, id);
  }

  subscribe(onWake: () => void): () => void {
    return this.#wakeUp.subscribe(onWake);
  }
}
