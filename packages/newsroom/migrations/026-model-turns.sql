CREATE TABLE model_turns (
  name VARCHAR(64) NOT NULL,
  taken_at BIGINT NOT NULL COMMENT 'when somebody last took the turn to store a snapshot, ms since the epoch',
  PRIMARY KEY (name)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin
