import { resolve } from "node:path";
import { checkNumbers } from "../core/check-value.js";
import type { JobRecord } from "../core/job-record.js";
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
import { checkStorable } from "./sql/check-storable.js";
import { inPieces } from "./sql/in-pieces.js";
import { asText, sizeOf } from "./sql/report-text.js";
import { claimDue } from "./sqlite/claim-due.js";
import { dispatchOne, specsOf } from "./sqlite/dispatch.js";
import { loadDriver, type SQLiteDatabase, type SQLiteDriver } from "./sqlite/driver.js";
import { executionLog } from "./sqlite/execution-log.js";
import { insertJob, listJobs, readJob, removeAllJobs, removeJob, updateJob } from "./sqlite/jobs.js";
import { releaseClaims, releaseInstances, renewOne, requestCancel } from "./sqlite/leases.js";
import { heartbeat, nodes, removeNode } from "./sqlite/nodes.js";
import { sqlitePath } from "./sqlite/path.js";
import { reclaim } from "./sqlite/reclaim.js";
import { reportOne } from "./sqlite/report.js";
import { checkTables, migrate } from "./sqlite/schema.js";
import { type Connection, Sessions } from "./sqlite/session.js";
import { watchWakes } from "./sqlite/watch-wakes.js";
import { urlOption } from "./url-option.js";

export type { SQLiteDatabase, SQLiteDriver, SQLiteStatement, SqlValue } from "./sqlite/driver.js";
export { SQLiteFileError } from "./sqlite/failure.js";

const OPTIONS: OptionNames<SQLiteJobStoreOptions> = {
  url: true,
  database: true,
  driver: true,
  namespace: true,
  lockMs: true,
  now: true,
};

/** Options of a SQLiteJobStore. */
export interface SQLiteJobStoreOptions {
  /** Path of the file, as `sqlite:jobs.db` (below the working directory) or `sqlite:/var/lib/jobs.db`. */
  readonly url?: string;
  /** Or a connection to it with `journal_mode = WAL`, which stays open at `close`. Its `busy_timeout` blocks the process: 0 is best. */
  readonly database?: SQLiteDatabase;
  /** Default: `node:sqlite` where Node has it (≥ 22.13), else better-sqlite3 or libsql, whichever is installed. */
  readonly driver?: SQLiteDriver;
  /** Stores of different namespaces in the same file do not see each other. Default "default". */
  readonly namespace?: string;
  /** Longest wait for the file's lock, while another process writes, ms. Default 5,000. */
  readonly lockMs?: number;
  /** Replaces the machine's clock (epoch ms), for tests. All schedulers of the file must agree on it. */
  readonly now?: () => number;
}

const LOCK_MS = 5_000;

/**
 * Jobs in a SQLite file, shared by the processes of one machine, without a server. Each method is one transaction of
 * bounded size (or a read), by the machine's clock; a commit is on the disk. A kill -9 at any moment, a full disk and a
 * lost power supply leave the file as the last commit left it. Not for network drives.
 *
 * @example
 * ```ts
 * import { Scheduler } from "@headline/scheduler";
 * import { SQLiteJobStore } from "@headline/scheduler/stores/sqlite";
 *
 * const scheduler = new Scheduler({ stores: { default: new SQLiteJobStore({ url: "sqlite:jobs.db" }) } });
 * ```
 */
export class SQLiteJobStore implements JobStore {
  readonly shared = true;
  readonly executions: ExecutionLog;
  readonly #sessions: Sessions;
  readonly #now: () => number;
  readonly #watches = new Set<() => void>();

  constructor(options: SQLiteJobStoreOptions) {
    checkKnown<SQLiteJobStoreOptions>(options, OPTIONS, "SQLiteJobStore");
    checkNumbers(options, { lockMs: "amount" });
    const { namespace = "default", lockMs = LOCK_MS, now = Date.now } = options;
    this.#now = now;
    this.#sessions = new Sessions(connectionOf(options), { ns: namespace, lockMs, now });
    this.executions = executionLog(this.#sessions);
  }

  migrate(): Promise<void> {
    this.#sessions.reopen();
    return migrate(this.#sessions);
  }

  start(): Promise<void> {
    this.#sessions.reopen();
    return checkTables(this.#sessions);
  }

  close(): void {
    for (const stop of this.#watches) stop();
    this.#sessions.close();
  }

  now(): number {
    return Math.trunc(this.#now());
  }

  async insert(job: JobRecord): Promise<JobRecord | undefined> {
    checkStorable(job);
    return this.#sessions.write((session) => insertJob(session, job));
  }

  get(id: string): Promise<JobRecord | undefined> {
    return this.#sessions.read((session) => readJob(session, id));
  }

  list(query: JobQuery): Promise<JobPage> {
    return listJobs(this.#sessions, query);
  }

  async update(job: JobRecord): Promise<JobRecord | undefined> {
    checkStorable(job);
    const isUpdated = await this.#sessions.write((session) => updateJob(session, job));
    return isUpdated ? { ...job, version: job.version + 1 } : undefined;
  }

  remove(id: string): Promise<boolean> {
    return this.#sessions.write((session) => removeJob(session, id));
  }

  removeAll(): Promise<number> {
    return removeAllJobs(this.#sessions);
  }

  claimDue(request: ClaimRequest): Promise<ClaimResult> {
    return claimDue(this.#sessions, request);
  }

  dispatch(requests: readonly DispatchRequest[]): Promise<DispatchResult[]> {
    const specs = specsOf(requests);
    const pieces = inPieces(requests, (request) => specs.get(request)!.length);
    return this.#sessions.writeEach(pieces, (session, piece) =>
      piece.map((request) => dispatchOne(session, request, specs.get(request)!)),
    );
  }

  async releaseClaims(claims: readonly ClaimKey[]): Promise<void> {
    if (claims.length > 0) await this.#sessions.write((session) => releaseClaims(session, claims));
  }

  report(reports: readonly Report[]): Promise<boolean[]> {
    return this.#sessions.writeEach(inPieces(reports.map(asText), sizeOf), (session, piece) =>
      piece.map((report) => reportOne(session, report)),
    );
  }

  async renew(keys: readonly InstanceKey[], leaseMs: number): Promise<Renewal> {
    const pieces = inPieces(keys, () => 0);
    const renewed = await this.#sessions.writeEach(pieces, (session, piece) =>
      piece.map((key) => ({ id: key.instanceId, cancel: renewOne(session, key, leaseMs) })),
    );
    return {
      lost: renewed.filter(({ cancel }) => cancel === undefined).map(({ id }) => id),
      cancel: renewed.flatMap(({ cancel = [] }) => cancel),
    };
  }

  reclaim(request: ClaimRequest): Promise<ReclaimResult> {
    return reclaim(this.#sessions, request);
  }

  async releaseInstances(keys: readonly InstanceKey[]): Promise<void> {
    if (keys.length > 0) await this.#sessions.write((session) => releaseInstances(session, keys));
  }

  requestCancel(executionId: string): Promise<boolean> {
    return this.#sessions.write((session) => requestCancel(session, executionId));
  }

  heartbeat(node: SchedulerNode): Promise<void> {
    return this.#sessions.write((session) => heartbeat(session, node));
  }

  nodes(): Promise<SchedulerNode[]> {
    return this.#sessions.read(nodes);
  }

  removeNode(id: string): Promise<void> {
    return this.#sessions.write((session) => removeNode(session, id));
  }

  subscribe(onWake: () => void): () => void {
    const stop = watchWakes(this.#sessions, onWake);
    this.#watches.add(stop);
    return () => {
      this.#watches.delete(stop);
      stop();
    };
  }
}

function connectionOf({ url, database, driver }: SQLiteJobStoreOptions): Connection {
  if (database !== undefined) return { database };
  if (url === undefined) throw new TypeError("url: give the file, as sqlite:jobs.db, or a database");
  return { path: resolve(urlOption("url", sqlitePath, url)), open: loadDriver(driver) };
}
