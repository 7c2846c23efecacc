CREATE TABLE pinned_articles (
  channel_id INT NOT NULL,
  article_id BIGINT NOT NULL,
  position INT NOT NULL,
  PRIMARY KEY (channel_id, article_id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin
