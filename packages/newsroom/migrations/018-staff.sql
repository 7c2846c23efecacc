ALTER TABLE users ADD COLUMN is_staff TINYINT NOT NULL DEFAULT 0 COMMENT '1 may sign in to the jobs dashboard'
