CREATE TABLE article_statistics (
  article_id BIGINT NOT NULL,
  comments BIGINT NOT NULL DEFAULT 0,
  likes BIGINT NOT NULL DEFAULT 0,
  collects BIGINT NOT NULL DEFAULT 0,
  version BIGINT NOT NULL DEFAULT 1 COMMENT 'grows with every change of a count',
  PRIMARY KEY (article_id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin
