import { isMissingTable } from "./failure.js";
import type { Session, Sessions } from "./session.js";

/** Current version of the tables. A later version adds statements after these, which stay as they are. */
const VERSION = 1;
/** Oldest server with all that the statements need, as `server_version_num` writes it. */
const SERVER_VERSION_MIN = 130_000;

/**
 * Creates or upgrades the tables, in one transaction; another process waits meanwhile, and finds them complete. Current
 * tables cost two reads, so that no right to change tables is needed.
 */
export async function migrate(sessions: Sessions, prefix: string): Promise<void> {
  await sessions.each(checkServer);
  if ((await sessions.each((session) => knownVersion(session, prefix))) === VERSION) return;
  await sessions.transaction(async (session) => {
    await session.rows("SELECT pg_advisory_xact_lock(hashtext($1))", [`${prefix}schema`]);
    const [made] = await session.rows("SELECT to_regclass($1) AS made", [`${prefix}schema`]);
    if (made?.["made"] !== null && (await knownVersion(session, prefix)) === VERSION) return;
    for (const statement of firstTables(prefix)) await session.run(statement);
    await session.run(`INSERT INTO ${prefix}schema (version) VALUES ($1) ON CONFLICT DO NOTHING`, [VERSION]);
  });
}

/** Throws when the server is too old, or when the tables do not exist, with the remedy. */
export async function checkTables(sessions: Sessions, prefix: string): Promise<void> {
  await sessions.each(checkServer);
  const found = await sessions.each((session) => versionOf(session, prefix));
  if (found !== VERSION)
    throw new Error(`${prefix}jobs: the tables are of version ${found}, not ${VERSION}; migrate() makes them`);
}

async function checkServer(session: Session): Promise<void> {
  const [row] = await session.rows(
    "SELECT current_setting('server_version_num') AS number, current_setting('server_version') AS text",
  );
  if (Number(row!["number"]) < SERVER_VERSION_MIN)
    throw new Error(`PostgreSQL ${row!["text"]} is too old: 13 or later is needed`);
}

async function knownVersion(session: Session, prefix: string): Promise<number> {
  const found = await versionOf(session, prefix);
  if (found > VERSION) throw new Error(`${prefix}schema is of version ${found}, newer than this library's ${VERSION}`);
  return found;
}

/** Returns the version of the tables; 0 without tables. */
async function versionOf(session: Session, prefix: string): Promise<number> {
  try {
    const [row] = await session.rows(`SELECT max(version) AS version FROM ${prefix}schema`);
    return Number(row!["version"] ?? 0);
  } catch (error) {
    if (isMissingTable(error)) return 0;
    throw error;
  }
}

/** Text that compares byte by byte, whatever the database's collation is. */
const TEXT = 'text COLLATE "C" NOT NULL';
/** Room on each page for rows that change without a change of an index, and a vacuum before many dead ones are in the way. */
const CHURN = "WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 500)";

/** Times are epoch ms. No index serves reports, which outnumber everything else: they change no indexed column. */
function firstTables(prefix: string): readonly string[] {
  return [
    `CREATE TABLE ${prefix}jobs (
      ns ${TEXT},
      id ${TEXT},
      func ${TEXT},
      executor ${TEXT},
      tags ${TEXT},
      next_run_ms bigint,
      lease_owner text COLLATE "C",
      lease_until bigint NOT NULL DEFAULT 0,
      version bigint NOT NULL,
      max_instances bigint NOT NULL,
      spec text NOT NULL,
      PRIMARY KEY (ns, id)
    ) ${CHURN}`,
    `CREATE INDEX ${prefix}jobs_due ON ${prefix}jobs (ns, next_run_ms, id)`,
    `CREATE INDEX ${prefix}jobs_of_executor ON ${prefix}jobs (ns, executor, next_run_ms)`,
    `COMMENT ON COLUMN ${prefix}jobs.tags IS 'a comma and the JSON of each tag'`,
    `COMMENT ON COLUMN ${prefix}jobs.next_run_ms IS 'null while paused'`,
    `COMMENT ON COLUMN ${prefix}jobs.version IS 'fencing token of changes and claims'`,
    `COMMENT ON COLUMN ${prefix}jobs.spec IS 'the job as JSON'`,
    `CREATE TABLE ${prefix}instances (
      ns ${TEXT},
      id ${TEXT},
      job_id ${TEXT},
      func ${TEXT},
      executor ${TEXT},
      owner ${TEXT},
      token bigint NOT NULL,
      lease_until bigint NOT NULL,
      attempt bigint NOT NULL,
      deliveries bigint NOT NULL,
      max_deliveries bigint NOT NULL,
      released smallint NOT NULL,
      cancel_ids text COLLATE "C",
      runs text NOT NULL,
      spec text NOT NULL,
      PRIMARY KEY (ns, id)
    ) ${CHURN}`,
    `CREATE INDEX ${prefix}instances_of_job ON ${prefix}instances (ns, job_id)`,
    `CREATE INDEX ${prefix}instances_lease ON ${prefix}instances (ns, lease_until)`,
    `COMMENT ON COLUMN ${prefix}instances.max_deliveries IS '0: never reclaimed (ack early)'`,
    `COMMENT ON COLUMN ${prefix}instances.cancel_ids IS 'executions that were asked to end, one a line'`,
    `CREATE TABLE ${prefix}executions (
      ns ${TEXT},
      id ${TEXT},
      job_id ${TEXT},
      job_name ${TEXT},
      incarnation ${TEXT},
      scheduled_ms bigint NOT NULL,
      submitted_ms bigint NOT NULL,
      started_ms bigint,
      finished_ms bigint,
      state ${TEXT},
      owner ${TEXT},
      token bigint NOT NULL,
      instance_id ${TEXT},
      attempt bigint NOT NULL,
      result text,
      error text,
      stack text,
      PRIMARY KEY (ns, id),
      CONSTRAINT ${prefix}executions_once UNIQUE (ns, job_id, incarnation, scheduled_ms)
    ) WITH (fillfactor = 80)`,
    `CREATE INDEX ${prefix}executions_history ON ${prefix}executions (ns, submitted_ms, id)`,
    `CREATE INDEX ${prefix}executions_of_job ON ${prefix}executions (ns, job_id, submitted_ms)`,
    `COMMENT ON TABLE ${prefix}executions IS 'no foreign key: executions outlive their jobs'`,
    `COMMENT ON COLUMN ${prefix}executions.incarnation IS 'of the job; of the instance for a run by hand'`,
    `COMMENT ON COLUMN ${prefix}executions.token IS '0: no report is accepted any more'`,
    `CREATE TABLE ${prefix}waiting (
      ns ${TEXT},
      job_id ${TEXT},
      id ${TEXT},
      execution_id ${TEXT},
      scheduled_ms bigint NOT NULL,
      func ${TEXT},
      executor ${TEXT},
      max_instances bigint NOT NULL,
      max_deliveries bigint NOT NULL,
      no_next_run smallint NOT NULL,
      queued_ms bigint NOT NULL,
      spec text NOT NULL,
      PRIMARY KEY (ns, job_id)
    ) ${CHURN}`,
    `CREATE INDEX ${prefix}waiting_execution ON ${prefix}waiting (ns, execution_id)`,
    `COMMENT ON COLUMN ${prefix}waiting.no_next_run IS '1: starts also while its job has no next run'`,
    `CREATE TABLE ${prefix}nodes (
      ns ${TEXT},
      id ${TEXT},
      seen_ms bigint NOT NULL,
      node text NOT NULL,
      PRIMARY KEY (ns, id)
    )`,
    `CREATE TABLE ${prefix}schema (version integer PRIMARY KEY)`,
  ];
}
