import type { Session, Sessions } from "./session.js";

/** Current version of the tables. A later version adds statements after these, which stay as they are. */
const VERSION = 1;

/** Creates or upgrades the tables, in one transaction; current tables cost one read. */
export async function migrate(sessions: Sessions): Promise<void> {
  const found = await sessions.read(versionOf);
  if (found > VERSION) throw new Error(`scheduler_schema is of version ${found}, newer than this library's ${VERSION}`);
  if (found === VERSION) return;
  await sessions.write((session) => {
    if (versionOf(session) === VERSION) return;
    for (const statement of TABLES) session.run(statement);
    session.run("INSERT INTO scheduler_schema (version) VALUES (?)", VERSION);
  });
}

/** Throws when the tables do not exist, with the remedy. */
export async function checkTables(sessions: Sessions): Promise<void> {
  const found = await sessions.read(versionOf);
  if (found !== VERSION)
    throw new Error(`scheduler_jobs: the tables are of version ${found}, not ${VERSION}; migrate() makes them`);
}

/** Returns the version of the tables; 0 without tables. */
function versionOf(session: Session): number {
  if (session.rows("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'scheduler_schema'").length === 0)
    return 0;
  return Number(session.rows("SELECT MAX(version) AS version FROM scheduler_schema")[0]?.["version"] ?? 0);
}

/** Times are epoch ms; texts compare byte by byte, which is SQLite's own collation. */
const TABLES: readonly string[] = [
  `CREATE TABLE scheduler_jobs (
    ns TEXT NOT NULL,
    id TEXT NOT NULL,
    func TEXT NOT NULL,
    executor TEXT NOT NULL,
    next_run_ms INTEGER,
    lease_owner TEXT,
    lease_until INTEGER NOT NULL DEFAULT 0,
    version INTEGER NOT NULL,
    max_instances INTEGER NOT NULL,
    spec TEXT NOT NULL,
    PRIMARY KEY (ns, id)
  ) STRICT`,
  "CREATE INDEX scheduler_jobs_due ON scheduler_jobs (ns, next_run_ms, id)",
  "CREATE INDEX scheduler_jobs_lane ON scheduler_jobs (ns, executor, next_run_ms)",
  `CREATE TABLE scheduler_instances (
    ns TEXT NOT NULL,
    id TEXT NOT NULL,
    job_id TEXT NOT NULL,
    func TEXT NOT NULL,
    executor TEXT NOT NULL,
    owner TEXT NOT NULL,
    token INTEGER NOT NULL,
    lease_until INTEGER NOT NULL,
    attempt INTEGER NOT NULL,
    deliveries INTEGER NOT NULL,
    max_deliveries INTEGER NOT NULL,
    released INTEGER NOT NULL,
    cancel_ids TEXT,
    runs TEXT NOT NULL,
    spec TEXT NOT NULL,
    PRIMARY KEY (ns, id)
  ) STRICT`,
  "CREATE INDEX scheduler_instances_job ON scheduler_instances (ns, job_id)",
  "CREATE INDEX scheduler_instances_lease ON scheduler_instances (ns, lease_until)",
  `CREATE TABLE scheduler_waiting (
    ns TEXT NOT NULL,
    job_id TEXT NOT NULL,
    id TEXT NOT NULL,
    execution_id TEXT NOT NULL,
    scheduled_ms INTEGER NOT NULL,
    func TEXT NOT NULL,
    executor TEXT NOT NULL,
    max_instances INTEGER NOT NULL,
    no_next_run INTEGER NOT NULL,
    queued_ms INTEGER NOT NULL,
    spec TEXT NOT NULL,
    PRIMARY KEY (ns, job_id)
  ) STRICT`,
  "CREATE INDEX scheduler_waiting_execution ON scheduler_waiting (ns, execution_id)",
  `CREATE TABLE scheduler_executions (
    ns TEXT NOT NULL,
    id TEXT NOT NULL,
    job_id TEXT NOT NULL,
    job_name TEXT NOT NULL,
    incarnation TEXT NOT NULL,
    scheduled_ms INTEGER NOT NULL,
    submitted_ms INTEGER NOT NULL,
    started_ms INTEGER,
    finished_ms INTEGER,
    state TEXT NOT NULL,
    owner TEXT NOT NULL,
    token INTEGER NOT NULL,
    instance_id TEXT NOT NULL,
    attempt INTEGER NOT NULL,
    result TEXT,
    error TEXT,
    stack TEXT,
    PRIMARY KEY (ns, id),
    UNIQUE (ns, job_id, incarnation, scheduled_ms)
  ) STRICT`,
  "CREATE INDEX scheduler_executions_history ON scheduler_executions (ns, submitted_ms, id)",
  "CREATE INDEX scheduler_executions_of_job ON scheduler_executions (ns, job_id, submitted_ms, id)",
  `CREATE TABLE scheduler_nodes (
    ns TEXT NOT NULL,
    id TEXT NOT NULL,
    seen_ms INTEGER NOT NULL,
    node TEXT NOT NULL,
    PRIMARY KEY (ns, id)
  ) STRICT`,
  // Raised by changes that may bring a run forward: the other processes look at it.
  "CREATE TABLE scheduler_wakes (ns TEXT NOT NULL PRIMARY KEY, count INTEGER NOT NULL) STRICT",
  "CREATE TABLE scheduler_schema (version INTEGER NOT NULL PRIMARY KEY) STRICT",
];
