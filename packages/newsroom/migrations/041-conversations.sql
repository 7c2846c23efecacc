CREATE TABLE conversations (
  user_id BIGINT NOT NULL COMMENT 'whose side of it this is',
  peer_id BIGINT NOT NULL,
  last_message_id BIGINT NOT NULL,
  unread INT NOT NULL DEFAULT 0 COMMENT 'messages of the peer above read_up_to',
  delivered_up_to BIGINT NOT NULL DEFAULT 0 COMMENT 'the newest message of the peer that a device of the user took',
  read_up_to BIGINT NOT NULL DEFAULT 0,
  PRIMARY KEY (user_id, peer_id),
  KEY conversations_recent (user_id, last_message_id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin
