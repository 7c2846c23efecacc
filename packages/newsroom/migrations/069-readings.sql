CREATE TABLE readings (
  user_id BIGINT NOT NULL,
  article_id BIGINT NOT NULL COMMENT '0: everything that was read up to read_at is cleared',
  read_at BIGINT NOT NULL COMMENT 'when it was last opened, ms since the epoch',
  removed_at BIGINT NULL COMMENT 'when the reader removed it from the history',
  PRIMARY KEY (user_id, article_id),
  KEY readings_by_time (user_id, removed_at, read_at, article_id),
  KEY readings_read (read_at),
  KEY readings_removed (removed_at)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin
