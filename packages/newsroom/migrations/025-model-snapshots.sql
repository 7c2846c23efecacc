CREATE TABLE model_snapshots (
  name VARCHAR(64) NOT NULL,
  event_id BIGINT NOT NULL COMMENT 'of the last event that was learnt',
  part INT NOT NULL,
  body MEDIUMBLOB NOT NULL COMMENT 'gzip, in parts',
  taken_at BIGINT NOT NULL COMMENT 'ms since the epoch',
  PRIMARY KEY (name, event_id, part)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin
