CREATE TABLE notifications (
  id BIGINT NOT NULL AUTO_INCREMENT,
  user_id BIGINT NOT NULL COMMENT 'who is told',
  kind VARCHAR(32) NOT NULL,
  subject_id BIGINT NOT NULL COMMENT 'what it is about: an article, an order',
  actor_id BIGINT NOT NULL DEFAULT 0 COMMENT 'who did it; 0 for nobody',
  created_at BIGINT NOT NULL COMMENT 'ms since the epoch',
  read_at BIGINT NULL,
  PRIMARY KEY (id),
  UNIQUE KEY notifications_once (user_id, kind, subject_id, actor_id),
  KEY notifications_user (user_id, id),
  KEY notifications_created (created_at)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin
