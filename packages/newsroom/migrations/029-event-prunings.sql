CREATE TABLE event_prunings (
  id TINYINT NOT NULL COMMENT 'always 1: one event log, of which the beginning is no more',
  up_to BIGINT NOT NULL COMMENT 'the last event that was deleted',
  pruned_at BIGINT NOT NULL COMMENT 'ms since the epoch',
  PRIMARY KEY (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin
