CREATE TABLE messages (
  id BIGINT NOT NULL AUTO_INCREMENT,
  low_id BIGINT NOT NULL COMMENT 'the smaller id of the two',
  high_id BIGINT NOT NULL,
  sender_id BIGINT NOT NULL,
  recipient_id BIGINT NOT NULL,
  client_id BINARY(16) NOT NULL COMMENT 'a UUID of the sender: the same again is the same message',
  content VARCHAR(1000) NOT NULL,
  created_at BIGINT NOT NULL COMMENT 'ms since the epoch',
  PRIMARY KEY (id),
  UNIQUE KEY messages_once (sender_id, client_id),
  KEY messages_pair (low_id, high_id, id),
  KEY messages_recipient (recipient_id, id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin
