CREATE TABLE static_pages (
  channel_id INT NOT NULL,
  format VARCHAR(8) NOT NULL COMMENT 'html or json',
  etag CHAR(32) NOT NULL COMMENT 'of the body',
  body MEDIUMBLOB NOT NULL,
  built_at BIGINT NOT NULL COMMENT 'when the body last changed, ms since the epoch',
  checked_at BIGINT NOT NULL COMMENT 'when it was last found to be so',
  PRIMARY KEY (channel_id, format)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin
