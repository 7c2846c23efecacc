CREATE TABLE reaction_receipts (
  user_id BIGINT NOT NULL,
  event_id BINARY(16) NOT NULL COMMENT 'that the client gave the event: the same one coming again changes nothing',
  created_at BIGINT NOT NULL,
  PRIMARY KEY (user_id, event_id),
  KEY reaction_receipts_created (created_at)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin
