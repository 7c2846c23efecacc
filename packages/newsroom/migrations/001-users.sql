CREATE TABLE users (
  id BIGINT NOT NULL AUTO_INCREMENT,
  name VARCHAR(32) NOT NULL,
  about VARCHAR(255) NOT NULL DEFAULT '',
  password_hash VARCHAR(255) NULL,
  created_at BIGINT NOT NULL COMMENT 'ms since the epoch',
  PRIMARY KEY (id),
  UNIQUE KEY users_name (name)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin
