import type { Pool } from "mysql2/promise";
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
import { claimDue } from "./mysql/claim-due.js";
import { Connections } from "./mysql/connections.js";
import { dispatch } from "./mysql/dispatch.js";
import { earliest } from "./mysql/earliest.js";
import { executionLog } from "./mysql/execution-log.js";
import { isDuplicate } from "./mysql/failure.js";
import { jobStatements } from "./mysql/job-statements.js";
import { releaseInstances, renew, requestCancel } from "./mysql/leases.js";
import { listJobs, readJob } from "./mysql/list-jobs.js";
import { forgetNode, heartbeat, nodes } from "./mysql/nodes.js";
import { type OwnPool, ownPool } from "./mysql/own-pool.js";
import { reclaim } from "./mysql/reclaim.js";
import { report } from "./mysql/report.js";
import { checkTables, migrate } from "./mysql/schema.js";
import { type Session, Sessions } from "./mysql/session.js";
import { type Tables, tablesOf } from "./mysql/tables.js";
import { cancelWaiting, waitingChange } from "./mysql/waiting.js";
import { EXACT, rowList, wantRows } from "./mysql/want.js";
import { checkStorable } from "./sql/check-storable.js";
import {
  type InTransactionOptions,
  type JobsInTransaction,
  jobsInTransaction,
  type RunSql,
} from "./sql/jobs-in-transaction.js";
import { ms } from "./sql/values.js";
import { watchNextRun } from "./sql/watch-next-run.js";

const OPTIONS: OptionNames<MySQLJobStoreOptions> = {
  pool: true,
  url: true,
  namespace: true,
  tablePrefix: true,
  wake: true,
  now: true,
  connectMs: true,
  statementMs: true,
};

/** Wake-up channel between schedulers of one store, where there is something better than polling: Redis, say. */
export interface Wake {
  /** Publishes a wake-up, best effort: errors are ignored, because the others poll once a second anyway. */
  notify(): unknown;
  /** Subscribes to wake-ups; returns the unsubscribe function. */
  subscribe(onWake: () => void): () => void;
}

/** Options of a MySQLJobStore. */
export interface MySQLJobStoreOptions {
  /**
   * A mysql2/promise pool, best one of its own: its sessions are set to READ COMMITTED, to strict mode, to wait 3 s for a
   * lock, and (MariaDB) to roll back a transaction that idles for 10 s. Give it a `connectTimeout` of a second or two and a
   * `queueLimit`. It stays open at `close`.
   */
  readonly pool?: Pool;
  /** Or where to connect to; the store then has a pool of four connections of its own. */
  readonly url?: string;
  /** Stores of different namespaces in the same tables do not see each other. Default "default". */
  readonly namespace?: string;
  /** Default "scheduler_". */
  readonly tablePrefix?: string;
  /** A channel for wake-ups; without it a subscribed store looks once a second whether the next run has come forward. */
  readonly wake?: Wake;
  /** Replaces the server's clock (epoch ms), for tests. All schedulers of the tables must agree on it. */
  readonly now?: () => number;
  /** Longest waits for a connection and for a statement, ms. Default 2,000 and 5,000. */
  readonly connectMs?: number;
  readonly statementMs?: number;
}

const INSERTS_MAX = 3;

/**
 * Jobs in MySQL 8 or MariaDB ≥ 10.6, shared by any number of schedulers. Claims use SKIP LOCKED and leases by the
 * server's clock; every method is one transaction (or a read), ends in time, and is repeated by itself when a lock or the
 * network got in its way. Tables: scheduler_jobs, scheduler_instances, scheduler_waiting, scheduler_executions,
 * scheduler_nodes and scheduler_schema; `migrate` makes them.
 */
export class MySQLJobStore implements JobStore {
  readonly shared = true;
  readonly executions: ExecutionLog;
  readonly #own: OwnPool | undefined;
  readonly #sessions: Sessions;
  readonly #tables: Tables;
  readonly #prefix: string;
  readonly #wake: Wake | undefined;
  readonly #watches = new Set<() => void>();

  constructor(options: MySQLJobStoreOptions) {
    checkKnown<MySQLJobStoreOptions>(options, OPTIONS, "MySQLJobStore");
    const { pool, url, namespace = "default", tablePrefix = "scheduler_", wake, now } = options;
    const { connectMs = 2_000, statementMs = 5_000 } = options;
    if (pool === undefined && url === undefined) throw new TypeError("pool: give a mysql2/promise pool, or a url");
    if (!/^\w{0,40}$/.test(tablePrefix))
      throw new TypeError("tablePrefix: only letters, digits and _ are allowed, at most 40");
    if (namespace.length > 64) throw new TypeError("namespace: must have at most 64 characters");
    this.#own = pool === undefined ? ownPool(url!, connectMs) : undefined;
    const open = this.#own === undefined ? () => Promise.resolve(pool!) : this.#own.pool;
    this.#sessions = new Sessions(new Connections(open, { connectMs, statementMs }), statementMs);
    this.#prefix = tablePrefix;
    this.#wake = wake;
    this.#tables = tablesOf(tablePrefix, namespace, now);
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
    for (const stop of this.#watches) stop();
    await this.#own?.close();
  }

  async now(): Promise<number> {
    const { now } = this.#tables;
    const [row] = await this.#sessions.each((session) => session.rows(`SELECT ${now} AS now_ms`));
    return ms(row!["now_ms"]);
  }

  async insert(job: JobRecord): Promise<JobRecord | undefined> {
    checkStorable(job);
    const existing = await this.#sessions.each((session) => this.#insert(session, job));
    if (existing === undefined) this.#notify();
    return existing;
  }

  async #insert(session: Session, job: JobRecord): Promise<JobRecord | undefined> {
    const { ns, jobs } = this.#tables;
    const { id, func, nextRunMs, version, maxInstances, incarnation } = job;
    for (let attempt = 1; ; attempt++) {
      try {
        await session.run(`INSERT INTO ${jobs} (ns, id, func, next_run_ms, version, max_instances, spec) VALUES (?)`, [
          [ns, id, func, nextRunMs, version, maxInstances, encodeJob(job)],
        ]);
        return undefined;
      } catch (error) {
        if (!isDuplicate(error)) throw error;
        const existing = await readJob(session, this.#tables, id);
        // It may be the one inserted here, whose answer was lost; and it may have been removed meanwhile.
        if (existing !== undefined) return session.again && existing.incarnation === incarnation ? undefined : existing;
        if (attempt >= INSERTS_MAX) throw error;
      }
    }
  }

  /** Adds and removes jobs in a transaction of yours, so that an order and its job exist together or not at all. */
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
    this.#notify();
    return { ...job, version: job.version + 1 };
  }

  async #update(session: Session, job: JobRecord): Promise<boolean> {
    const { ns, jobs } = this.#tables;
    const spec = encodeJob(job);
    const changed = await session.run(
      `UPDATE ${jobs} SET func = ?, next_run_ms = ?, max_instances = ?, spec = ?, version = version + 1,
         lease_owner = NULL, lease_until = 0 WHERE ns = ? AND id = ? AND version = ?`,
      [job.func, job.nextRunMs, job.maxInstances, spec, ns, job.id, job.version],
    );
    if (changed > 0 || session.again) {
      const { sql, values } = waitingChange(this.#tables, job);
      await session.run(sql, values);
    }
    if (changed > 0 || !session.again) return changed > 0;
    // The job as this change left it: its answer was lost, not the change.
    const same = await session.rows(
      `SELECT 1 FROM ${jobs} WHERE ns = ? AND id = ? AND version = ? AND next_run_ms <=> ? AND lease_until = 0 AND spec = ?`,
      [ns, job.id, job.version + 1, job.nextRunMs, spec],
    );
    return same.length > 0;
  }

  async remove(id: string): Promise<boolean> {
    const { ns, jobs } = this.#tables;
    const wasThere = await this.#sessions.each(async (session) => {
      const removed = await session.run(`DELETE FROM ${jobs} WHERE ns = ? AND id = ?`, [ns, id]);
      return removed > 0 || session.again; // gone either way, and most likely by us
    });
    const waited = await cancelWaiting(this.#sessions, this.#tables, { jobId: id });
    return wasThere || waited;
  }

  async removeAll(): Promise<number> {
    const { ns, jobs } = this.#tables;
    let unanswered = 0;
    const count = await this.#sessions.transaction(async (session) => {
      const removed = await session.run(`DELETE FROM ${jobs} WHERE ns = ?`, [ns]);
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
    if (requests.some(({ instance }) => instance?.released)) this.#notify();
    return results;
  }

  async releaseClaims(claims: readonly ClaimKey[]): Promise<void> {
    const { ns, jobs } = this.#tables;
    if (claims.length === 0) return;
    const keys = rowList(claims.map(({ jobId: id, version }) => ({ id, version })));
    await this.#sessions.each((session) =>
      session.run(
        `UPDATE ${wantRows("version BIGINT")}
         STRAIGHT_JOIN ${jobs} j FORCE INDEX (PRIMARY) ON j.ns = ? AND j.id = want.id ${EXACT}
         SET j.lease_until = 0 WHERE j.version = want.version`,
        [keys, ns],
      ),
    );
    this.#notify();
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
    this.#notify();
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
    return forgetNode(this.#sessions, this.#tables, id);
  }

  subscribe(onWake: () => void): () => void {
    if (this.#wake !== undefined) return this.#wake.subscribe(onWake);
    const stop = watchNextRun(() => earliest(this.#sessions, this.#tables), onWake);
    this.#watches.add(stop);
    return () => {
      this.#watches.delete(stop);
      stop();
    };
  }

  /** Publishes a wake-up without waiting: the change is committed in any case. */
  #notify(): void {
    if (this.#wake === undefined) return;
    const { notify } = this.#wake;
    void Promise.resolve()
      .then(() => notify.call(this.#wake))
      .catch(() => {}); // the others poll within a second
  }
}
