/** The store's tables. Times are epoch ms in BIGINT; ids compare byte by byte. One statement each, safe to repeat. */
export function schema(prefix: string): readonly string[] {
  const options = "ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin";
  return [
    `CREATE TABLE IF NOT EXISTS ${prefix}jobs (
      ns VARCHAR(64) NOT NULL,
      id VARCHAR(190) NOT NULL,
      func VARCHAR(190) NOT NULL,
      next_run_ms BIGINT NULL COMMENT 'NULL while paused',
      lease_owner VARCHAR(64) NULL,
      lease_until BIGINT NOT NULL DEFAULT 0,
      version BIGINT NOT NULL COMMENT 'fencing token of changes and claims',
      max_instances INT NOT NULL,
      spec LONGTEXT NOT NULL COMMENT 'the job as JSON',
      PRIMARY KEY (ns, id),
      KEY due (ns, next_run_ms)
    ) ${options}`,
    `CREATE TABLE IF NOT EXISTS ${prefix}instances (
      ns VARCHAR(64) NOT NULL,
      id VARCHAR(64) NOT NULL,
      job_id VARCHAR(190) NOT NULL,
      func VARCHAR(190) NOT NULL,
      owner VARCHAR(64) NOT NULL,
      token BIGINT NOT NULL COMMENT 'fencing token of reports',
      lease_until BIGINT NOT NULL,
      attempt INT NOT NULL,
      deliveries INT NOT NULL,
      max_deliveries INT NOT NULL COMMENT '0: never taken over (ack early)',
      offered TINYINT NOT NULL,
      cancel_id VARCHAR(64) NULL COMMENT 'execution that somebody asked to stop',
      runs LONGTEXT NOT NULL,
      spec LONGTEXT NOT NULL,
      PRIMARY KEY (ns, id),
      KEY job (ns, job_id),
      KEY lease (ns, lease_until)
    ) ${options}`,
    `CREATE TABLE IF NOT EXISTS ${prefix}executions (
      ns VARCHAR(64) NOT NULL,
      id VARCHAR(64) NOT NULL,
      job_id VARCHAR(190) NOT NULL,
      job_name VARCHAR(190) NOT NULL,
      incarnation VARCHAR(64) NOT NULL COMMENT 'of the job; of the instance for a run by hand',
      scheduled_ms BIGINT NOT NULL,
      submitted_ms BIGINT NOT NULL,
      started_ms BIGINT NULL,
      finished_ms BIGINT NULL,
      state VARCHAR(16) NOT NULL,
      owner VARCHAR(64) NOT NULL,
      token BIGINT NOT NULL,
      instance_id VARCHAR(64) NOT NULL,
      attempt INT NOT NULL,
      result LONGTEXT NULL,
      error TEXT NULL,
      stack TEXT NULL,
      PRIMARY KEY (ns, id),
      UNIQUE KEY once (ns, job_id, incarnation, scheduled_ms),
      KEY history (ns, submitted_ms),
      KEY of_job (ns, job_id, submitted_ms)
    ) ${options} COMMENT='no foreign key: what happened outlives its job'`,
    `CREATE TABLE IF NOT EXISTS ${prefix}nodes (
      ns VARCHAR(64) NOT NULL,
      id VARCHAR(64) NOT NULL,
      seen_ms BIGINT NOT NULL,
      node TEXT NOT NULL,
      PRIMARY KEY (ns, id)
    ) ${options}`,
  ];
}
