CREATE TABLE sign_ins (
  id BIGINT NOT NULL AUTO_INCREMENT,
  user_id BIGINT NOT NULL,
  generation INT NOT NULL DEFAULT 0 COMMENT 'of the refresh token that counts',
  created_at BIGINT NOT NULL COMMENT 'ms since the epoch',
  renewed_at BIGINT NOT NULL,
  ended_at BIGINT NULL,
  PRIMARY KEY (id),
  KEY sign_ins_user (user_id, ended_at),
  KEY sign_ins_renewed (renewed_at),
  KEY sign_ins_ended (ended_at)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin
