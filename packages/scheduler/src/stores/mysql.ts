import { createPool, type Pool } from "mysql2/promise";
import { JobSpecError } from "../core/errors.js";
import { decodeJob, encodeJob, type JobRecord } from "../core/job-record.js";
import type {
  ClaimKey,
  ClaimRequest,
  Claims,
  Decision,
  ExecutionLog,
  InstanceKey,
  JobPage,
  JobQuery,
  JobStore,
  Reaped,
  Renewal,
  Report,
  SchedulerNode,
  Verdict,
} from "../core/job-store.js";
import { claimDue } from "./mysql/claim-due.js";
import { dispatch } from "./mysql/dispatch.js";
import { executionLog } from "./mysql/execution-log.js";
import { offer, reap, renew } from "./mysql/leases.js";
import { report } from "./mysql/report.js";
import { schema } from "./mysql/schema.js";
import { type Row, Sessions } from "./mysql/session.js";
import { ms, msOrNull, type Tables } from "./mysql/tables.js";

/** How schedulers of one store tell each other to look, when they have something better than polling. */
export interface Wake {
  notify(): unknown;
  subscribe(onWake: () => void): () => void;
}

export interface MySQLJobStoreOptions {
  /** A mysql2/promise pool, best one of its own: its sessions are set to READ COMMITTED. It stays open at `close`. */
  readonly pool?: Pool;
  /** Or where to connect to; the store then has a pool of its own. */
  readonly url?: string;
  /** Stores of different namespaces in the same tables do not see each other. Default "default". */
  readonly namespace?: string;
  readonly tablePrefix?: string;
  /** A channel (Redis, say) for wake-ups; without it the store looks once a second whether the next run has moved. */
  readonly wake?: Wake;
  /** How long to wait for a connection and for a statement, ms. Default 2,000 and 5,000. */
  readonly connectMs?: number;
  readonly statementMs?: number;
}

const SERVER_NOW = "CAST(UNIX_TIMESTAMP(NOW(3)) * 1000 AS SIGNED)";
const LIST_LIMIT = 100;
const NODE_FORGOTTEN_AFTER_MS = 60_000;
const POLL_MS = 1_000;

/**
 * Jobs in MySQL 8 or MariaDB ≥ 10.6, shared by any number of schedulers. Claims use SKIP LOCKED and leases by the
 * server's clock; every method is one transaction (or a read) and may be repeated. Tables: scheduler_jobs,
 * scheduler_instances, scheduler_executions, scheduler_nodes; `migrate` makes them.
 */
export class MySQLJobStore implements JobStore {
  readonly shared = true;
  readonly executions: ExecutionLog;
  readonly #pool: Pool;
  readonly #ownsPool: boolean;
  readonly #sessions: Sessions;
  readonly #tables: Tables;
  readonly #prefix: string;
  readonly #wake: Wake | undefined;

  constructor({ pool, url, namespace = "default", tablePrefix = "scheduler_", wake, connectMs = 2_000, statementMs = 5_000 }: MySQLJobStoreOptions) {
    if (pool === undefined && url === undefined) throw new TypeError("pool: give a mysql2/promise pool, or a url");
    if (!/^\w*$/.test(tablePrefix)) throw new TypeError("tablePrefix: only letters, digits and _ are allowed");
    this.#ownsPool = pool === undefined;
    this.#pool = pool ?? createPool({ uri: url!, connectionLimit: 4, queueLimit: 50, enableKeepAlive: true, charset: "utf8mb4" });
    this.#sessions = new Sessions(this.#pool, { connectMs, statementMs });
    this.#prefix = tablePrefix;
    this.#wake = wake;
    this.#tables = {
      ns: namespace,
      jobs: `${tablePrefix}jobs`,
      instances: `${tablePrefix}instances`,
      executions: `${tablePrefix}executions`,
      nodes: `${tablePrefix}nodes`,
      now: SERVER_NOW,
    };
    this.executions = executionLog(this.#sessions, this.#tables);
  }

  async migrate(): Promise<void> {
    for (const statement of schema(this.#prefix)) await this.#sessions.read((session) => session.run(statement));
  }

  async start(): Promise<void> {
    await this.now();
  }

  async close(): Promise<void> {
    if (this.#ownsPool) await this.#pool.end();
  }

  async now(): Promise<number> {
    const [row] = await this.#rows(`SELECT ${SERVER_NOW} AS now_ms`);
    return ms(row!["now_ms"]);
  }

  async insert(job: JobRecord): Promise<JobRecord | undefined> {
    const { ns, jobs } = this.#tables;
    if (typeof job.func !== "string") throw new JobSpecError("func", "a shared store keeps names, not functions");
    const { id, func, nextRunMs, version, maxInstances } = job;
    const inserted = await this.#run(
      `INSERT IGNORE INTO ${jobs} (ns, id, func, next_run_ms, version, max_instances, spec) VALUES (?)`,
      [[ns, id, func, nextRunMs, version, maxInstances, encodeJob(job)]],
    );
    if (inserted === 0) return this.get(id);
    await this.#wake?.notify();
    return undefined;
  }

  async get(id: string): Promise<JobRecord | undefined> {
    const { ns, jobs } = this.#tables;
    const [row] = await this.#rows(`SELECT next_run_ms, version, spec FROM ${jobs} WHERE ns = ? AND id = ?`, [ns, id]);
    return row && asJob(row);
  }

  async list({ state, tag, limit = LIST_LIMIT, cursor }: JobQuery): Promise<JobPage> {
    const { ns, jobs } = this.#tables;
    const after = cursor === undefined ? undefined : (JSON.parse(cursor) as [number | null, string]);
    const scheduled = state === "paused" || after?.[0] === null ? [] : await this.#scheduled(tag, limit + 1, after);
    const room = limit + 1 - scheduled.length;
    const paused =
      state === "scheduled" || room <= 0
        ? []
        : await this.#rows(
            `SELECT id, next_run_ms, version, spec FROM ${jobs}
             WHERE ns = ? AND next_run_ms IS NULL AND id > ? ${tagged(tag)} ORDER BY id LIMIT ?`,
            [ns, after?.[0] === null ? after[1] : "", ...tagValue(tag), room],
          );
    const rows = [...scheduled, ...paused];
    const page = rows.slice(0, limit);
    const last = page.at(-1);
    const found = page.map(asJob);
    if (rows.length <= limit) return { jobs: found };
    return { jobs: found, cursor: JSON.stringify([msOrNull(last!["next_run_ms"]), last!["id"]]) };
  }

  #scheduled(tag: string | undefined, limit: number, after: readonly [number | null, string] | undefined): Promise<Row[]> {
    const { ns, jobs } = this.#tables;
    const [run, id] = [after?.[0] ?? -1, after?.[1] ?? ""];
    return this.#rows(
      `SELECT id, next_run_ms, version, spec FROM ${jobs}
       WHERE ns = ? AND next_run_ms >= ? AND (next_run_ms > ? OR id > ?) ${tagged(tag)} ORDER BY next_run_ms, id LIMIT ?`,
      [ns, run, run, id, ...tagValue(tag), limit],
    );
  }

  async update(job: JobRecord): Promise<JobRecord | undefined> {
    const { ns, jobs } = this.#tables;
    if (typeof job.func !== "string") throw new JobSpecError("func", "a shared store keeps names, not functions");
    const changed = await this.#run(
      `UPDATE ${jobs} SET func = ?, next_run_ms = ?, max_instances = ?, spec = ?, version = version + 1, lease_until = 0
       WHERE ns = ? AND id = ? AND version = ?`,
      [job.func, job.nextRunMs, job.maxInstances, encodeJob(job), ns, job.id, job.version],
    );
    if (changed === 0) return undefined;
    await this.#wake?.notify();
    return { ...job, version: job.version + 1 };
  }

  async remove(id: string): Promise<boolean> {
    const { ns, jobs } = this.#tables;
    return (await this.#run(`DELETE FROM ${jobs} WHERE ns = ? AND id = ?`, [ns, id])) > 0;
  }

  removeAll(): Promise<number> {
    const { ns, jobs } = this.#tables;
    return this.#run(`DELETE FROM ${jobs} WHERE ns = ?`, [ns]);
  }

  claimDue(request: ClaimRequest): Promise<Claims> {
    return claimDue(this.#sessions, this.#tables, request);
  }

  async dispatch(decisions: readonly Decision[]): Promise<Verdict[]> {
    const verdicts = await dispatch(this.#sessions, this.#tables, decisions);
    if (decisions.some(({ instance }) => instance?.offered)) await this.#wake?.notify();
    return verdicts;
  }

  async release(claims: readonly ClaimKey[]): Promise<void> {
    const { ns, jobs } = this.#tables;
    if (claims.length === 0) return;
    const keys = claims.map(({ jobId, version }) => [jobId, version]);
    await this.#run(`UPDATE ${jobs} SET lease_until = 0 WHERE ns = ? AND (id, version) IN (?)`, [ns, keys]);
  }

  report(reports: readonly Report[]): Promise<boolean[]> {
    return report(this.#sessions, this.#tables, reports);
  }

  renew(held: readonly InstanceKey[], leaseMs: number): Promise<Renewal> {
    return renew(this.#sessions, this.#tables, held, leaseMs);
  }

  reap(request: ClaimRequest): Promise<Reaped> {
    return reap(this.#sessions, this.#tables, request);
  }

  async offer(held: readonly InstanceKey[]): Promise<void> {
    await offer(this.#sessions, this.#tables, held);
    await this.#wake?.notify();
  }

  async requestCancel(executionId: string): Promise<boolean> {
    const { ns, instances, executions } = this.#tables;
    const changed = await this.#run(
      `UPDATE ${instances} i JOIN ${executions} e ON e.ns = i.ns AND e.instance_id = i.id
       SET i.cancel_id = e.id WHERE e.ns = ? AND e.id = ? AND e.state IN ('submitted', 'running')`,
      [ns, executionId],
    );
    return changed > 0;
  }

  async heartbeat(node: SchedulerNode): Promise<void> {
    const { ns, nodes } = this.#tables;
    await this.#run(
      `INSERT INTO ${nodes} (ns, id, seen_ms, node) VALUES (?, ?, ${SERVER_NOW}, ?)
       ON DUPLICATE KEY UPDATE seen_ms = VALUES(seen_ms), node = VALUES(node)`,
      [ns, node.id, JSON.stringify(node)],
    );
  }

  async nodes(): Promise<SchedulerNode[]> {
    const { ns, nodes } = this.#tables;
    await this.#run(`DELETE FROM ${nodes} WHERE ns = ? AND seen_ms < ${SERVER_NOW} - ${NODE_FORGOTTEN_AFTER_MS}`, [ns]);
    const rows = await this.#rows(`SELECT seen_ms, node FROM ${nodes} WHERE ns = ? ORDER BY id`, [ns]);
    return rows.map((row) => ({ ...(JSON.parse(row["node"] as string) as SchedulerNode), seenAt: ms(row["seen_ms"]) }));
  }

  async forgetNode(id: string): Promise<void> {
    const { ns, nodes } = this.#tables;
    await this.#run(`DELETE FROM ${nodes} WHERE ns = ? AND id = ?`, [ns, id]);
  }

  subscribe(onWake: () => void): () => void {
    return this.#wake === undefined ? this.#poll(onWake) : this.#wake.subscribe(onWake);
  }

  /** Looks whether the earliest run has come forward, or an offered run waits. */
  #poll(onWake: () => void): () => void {
    const { ns, jobs } = this.#tables;
    let known = Number.POSITIVE_INFINITY;
    let asking = false;
    const timer = setInterval(async () => {
      if (asking) return;
      asking = true;
      try {
        const [row] = await this.#rows(`SELECT MIN(next_run_ms) AS ms FROM ${jobs} WHERE ns = ?`, [ns]);
        const next = msOrNull(row!["ms"]) ?? Number.POSITIVE_INFINITY;
        if (next < known) onWake();
        known = next;
      } catch {
        // The scheduler's own calls meet the same trouble and say so.
      } finally {
        asking = false;
      }
    }, POLL_MS);
    timer.unref();
    return () => clearInterval(timer);
  }

  #rows(sql: string, values: readonly unknown[] = []): Promise<Row[]> {
    return this.#sessions.read((session) => session.rows(sql, values));
  }

  #run(sql: string, values: readonly unknown[] = []): Promise<number> {
    return this.#sessions.read((session) => session.run(sql, values));
  }
}

function asJob(row: Row): JobRecord {
  return decodeJob(row["spec"] as string, msOrNull(row["next_run_ms"]), ms(row["version"]));
}

function tagged(tag: string | undefined): string {
  return tag === undefined ? "" : "AND JSON_CONTAINS(JSON_EXTRACT(spec, '$.tags'), ?)";
}

function tagValue(tag: string | undefined): string[] {
  return tag === undefined ? [] : [JSON.stringify(tag)];
}
