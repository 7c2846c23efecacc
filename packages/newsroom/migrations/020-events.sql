CREATE TABLE events (
  id BIGINT NOT NULL AUTO_INCREMENT COMMENT 'the order in which events landed, the same for everybody',
  user_id BIGINT NOT NULL COMMENT 'negative for a guest',
  channel_id INT NOT NULL,
  stamp BIGINT NOT NULL COMMENT 'the batch: ms since the epoch',
  article_id BIGINT NOT NULL,
  kind VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  occurrence BINARY(16) NOT NULL COMMENT 'zeroes where one a batch counts, else the id that the client gave the event',
  reason TINYINT UNSIGNED NOT NULL,
  position TINYINT UNSIGNED NOT NULL,
  bucket TINYINT UNSIGNED NOT NULL,
  duration_ms INT NULL COMMENT 'of a read',
  happened_at BIGINT NOT NULL COMMENT 'ms since the epoch, by the clock of the reader, within what is possible',
  accepted_at BIGINT NOT NULL COMMENT 'by the clock of the gateway',
  landed_at BIGINT NOT NULL COMMENT 'by the clock of the database',
  PRIMARY KEY (id),
  UNIQUE KEY events_once (user_id, channel_id, stamp, article_id, kind, occurrence)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin
