CREATE TABLE article_likes (
  user_id BIGINT NOT NULL,
  article_id BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (user_id, article_id),
  KEY article_likes_article (article_id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin
