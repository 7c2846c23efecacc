CREATE TABLE article_dislikes (
  user_id BIGINT NOT NULL COMMENT 'negative for a guest',
  article_id BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (user_id, article_id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin
