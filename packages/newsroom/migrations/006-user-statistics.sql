CREATE TABLE user_statistics (
  user_id BIGINT NOT NULL,
  articles BIGINT NOT NULL DEFAULT 0,
  followers BIGINT NOT NULL DEFAULT 0,
  followings BIGINT NOT NULL DEFAULT 0,
  likes_received BIGINT NOT NULL DEFAULT 0,
  version BIGINT NOT NULL DEFAULT 1 COMMENT 'grows with every change of a count',
  PRIMARY KEY (user_id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin
