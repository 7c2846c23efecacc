CREATE TABLE changes (
  seq BIGINT NOT NULL AUTO_INCREMENT,
  topic VARCHAR(32) NOT NULL,
  subject_id BIGINT NOT NULL,
  version BIGINT NOT NULL,
  created_at BIGINT NOT NULL COMMENT 'ms since the epoch, by the clock of the database',
  PRIMARY KEY (seq),
  KEY changes_created (created_at)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin
