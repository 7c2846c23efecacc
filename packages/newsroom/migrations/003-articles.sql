CREATE TABLE articles (
  id BIGINT NOT NULL AUTO_INCREMENT,
  author_id BIGINT NOT NULL,
  channel_id INT NOT NULL,
  title VARCHAR(100) NOT NULL,
  cover TEXT NOT NULL COMMENT 'JSON array of URLs',
  status TINYINT NOT NULL COMMENT '1 published, 2 deleted',
  version BIGINT NOT NULL COMMENT 'grows with every change of the row',
  published_at BIGINT NOT NULL COMMENT 'ms since the epoch',
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  PRIMARY KEY (id),
  KEY articles_channel_new (channel_id, status, published_at),
  KEY articles_new (status, published_at),
  KEY articles_author (author_id, status, id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin
