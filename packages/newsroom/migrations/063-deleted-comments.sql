CREATE TABLE deleted_comments (
  id BIGINT NOT NULL COMMENT 'the comment',
  article_id BIGINT NOT NULL,
  user_id BIGINT NOT NULL,
  created_at BIGINT NOT NULL COMMENT 'ms since the epoch',
  deleted_at BIGINT NOT NULL,
  PRIMARY KEY (id),
  KEY deleted_comments_deleted (deleted_at)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin COMMENT = 'for retries of their writing and their deletion'
