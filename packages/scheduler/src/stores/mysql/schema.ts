import { isDuplicateName, isMissingTable } from "./failure.js";
import type { Session, Sessions } from "./session.js";
import { EXACT } from "./want.js";

/** Current version of the tables. A later version adds statements after these, which stay as they are. */
const VERSION = 3;

/**
 * Creates or upgrades the tables. Each statement may be repeated, also by several processes at once; current tables cost
 * one read, so that no right to change tables is needed.
 */
export async function migrate(sessions: Sessions, prefix: string): Promise<void> {
  await sessions.each(async (session) => {
    const found = await versionOf(session, prefix);
    if (found > VERSION)
      throw new Error(`${prefix}schema is of version ${found}, newer than this library's ${VERSION}`);
    if (found === VERSION) return;
    for (const statement of firstTables(prefix)) await session.run(statement);
    for (const statement of executorColumns(prefix)) await runOnce(session, statement);
    for (const statement of waitingTable(prefix)) await session.run(statement);
    await session.run(`INSERT INTO ${prefix}schema (version) VALUES (?) ON DUPLICATE KEY UPDATE version = version`, [
      VERSION,
    ]);
  });
}

/** Throws when the tables do not exist, with the remedy. */
export async function checkTables(sessions: Sessions, prefix: string): Promise<void> {
  const found = await sessions.each((session) => versionOf(session, prefix));
  if (found !== VERSION)
    throw new Error(`${prefix}jobs: the tables are of version ${found}, not ${VERSION}; migrate() makes them`);
}

/** Runs a statement whose column another process, or this one before its connection was lost, may have added. */
async function runOnce(session: Session, statement: string): Promise<void> {
  try {
    await session.run(statement);
  } catch (error) {
    if (!isDuplicateName(error)) throw error;
  }
}

/** Returns the version of the tables; 0 without tables. */
async function versionOf(session: Session, prefix: string): Promise<number> {
  try {
    const [row] = await session.rows(`SELECT MAX(version) AS version FROM ${prefix}schema`);
    return Number(row!["version"] ?? 0);
  } catch (error) {
    if (isMissingTable(error)) return 0;
    throw error;
  }
}

const OPTIONS = "ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin";

function text(length: number): string {
  return `VARCHAR(${length}) CHARACTER SET utf8mb4 ${EXACT} NOT NULL`;
}

/**
 * Times are epoch ms in BIGINT; ids compare byte by byte. No index serves reports, which outnumber everything else: they
 * find their rows by primary key and change no indexed column.
 */
function firstTables(prefix: string): readonly string[] {
  return [
    `CREATE TABLE IF NOT EXISTS ${prefix}jobs (
      ns ${text(64)},
      id ${text(190)},
      func VARCHAR(255) NOT NULL,
      next_run_ms BIGINT NULL COMMENT 'NULL while paused',
      lease_owner VARCHAR(190) NULL,
      lease_until BIGINT NOT NULL DEFAULT 0 COMMENT '0: not claimed',
      version BIGINT NOT NULL COMMENT 'fencing token of changes and claims',
      max_instances INT NOT NULL,
      spec LONGTEXT NOT NULL COMMENT 'the job as JSON',
      PRIMARY KEY (ns, id),
      KEY due (ns, next_run_ms)
    ) ${OPTIONS}`,
    `CREATE TABLE IF NOT EXISTS ${prefix}instances (
      ns ${text(64)},
      id ${text(190)},
      job_id ${text(190)},
      func VARCHAR(255) NOT NULL,
      owner VARCHAR(190) NOT NULL,
      token BIGINT NOT NULL COMMENT 'fencing token of reports',
      lease_until BIGINT NOT NULL,
      attempt INT NOT NULL,
      deliveries INT NOT NULL,
      max_deliveries INT NOT NULL COMMENT '0: never taken over (ack early)',
      offered TINYINT NOT NULL COMMENT '1: released by its scheduler',
      cancel_ids TEXT NULL COMMENT 'executions with a requested end, one a line',
      runs LONGTEXT NOT NULL COMMENT 'the planned run times as JSON',
      spec LONGTEXT NOT NULL COMMENT 'the job as it was, as JSON',
      PRIMARY KEY (ns, id),
      KEY job (ns, job_id),
      KEY lease (ns, lease_until)
    ) ${OPTIONS}`,
    `CREATE TABLE IF NOT EXISTS ${prefix}executions (
      ns ${text(64)},
      id ${text(190)},
      job_id ${text(190)},
      job_name VARCHAR(190) NOT NULL,
      incarnation VARCHAR(190) NOT NULL COMMENT 'of the job; of the instance for a run by hand',
      scheduled_ms BIGINT NOT NULL,
      submitted_ms BIGINT NOT NULL,
      started_ms BIGINT NULL,
      finished_ms BIGINT NULL,
      state VARCHAR(16) NOT NULL,
      owner VARCHAR(190) NOT NULL,
      token BIGINT NOT NULL COMMENT '0: closed to reports',
      instance_id ${text(190)},
      attempt INT NOT NULL,
      result LONGTEXT NULL,
      error TEXT NULL,
      stack TEXT NULL,
      PRIMARY KEY (ns, id),
      UNIQUE KEY once (ns, job_id, incarnation, scheduled_ms),
      KEY history (ns, submitted_ms),
      KEY of_job (ns, job_id, submitted_ms)
    ) ${OPTIONS} COMMENT='no foreign key: what happened outlives its job'`,
    `CREATE TABLE IF NOT EXISTS ${prefix}nodes (
      ns ${text(64)},
      id ${text(190)},
      seen_ms BIGINT NOT NULL,
      node TEXT NOT NULL,
      PRIMARY KEY (ns, id)
    ) ${OPTIONS}`,
    `CREATE TABLE IF NOT EXISTS ${prefix}schema (
      version INT NOT NULL PRIMARY KEY
    ) ${OPTIONS} COMMENT='written last: the tables are complete'`,
  ];
}

/**
 * Version 2: the executor of jobs and instances, by which they are claimed. The server reads it out of the JSON, so that
 * rows which schedulers of version 1 write meanwhile have it as well; it is empty where the JSON cannot be read.
 */
function executorColumns(prefix: string): readonly string[] {
  const column = `ADD COLUMN executor VARCHAR(190) CHARACTER SET utf8mb4 ${EXACT} GENERATED ALWAYS AS (
      CASE WHEN JSON_VALID(spec) THEN COALESCE(JSON_UNQUOTE(JSON_EXTRACT(spec, '$.executor')), '') ELSE '' END) STORED`;
  return [
    `ALTER TABLE ${prefix}jobs ${column}, ADD KEY lane (ns, executor, next_run_ms)`,
    `ALTER TABLE ${prefix}instances ${column}`,
  ];
}

/** Version 3: the runs that wait for a slot, one for each job. */
function waitingTable(prefix: string): readonly string[] {
  return [
    `CREATE TABLE IF NOT EXISTS ${prefix}waiting (
      ns ${text(64)},
      job_id ${text(190)},
      id ${text(190)} COMMENT 'of the instance that it will be',
      execution_id ${text(190)},
      scheduled_ms BIGINT NOT NULL,
      func VARCHAR(255) NOT NULL,
      executor ${text(190)},
      max_instances INT NOT NULL,
      max_deliveries INT NOT NULL,
      no_next_run TINYINT NOT NULL COMMENT '1: starts also while its job has no next run',
      queued_ms BIGINT NOT NULL,
      spec LONGTEXT NOT NULL COMMENT 'the job as it will run, as JSON',
      PRIMARY KEY (ns, job_id),
      KEY execution (ns, execution_id)
    ) ${OPTIONS}`,
  ];
}
