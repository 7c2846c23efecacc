ALTER TABLE articles
  ADD COLUMN publish_at BIGINT NULL COMMENT 'when a scheduled article is published; NULL when it is held back, or published',
  ADD KEY articles_scheduled (status, publish_at),
  MODIFY COLUMN status TINYINT NOT NULL COMMENT '1 published, 2 deleted, 3 scheduled'
