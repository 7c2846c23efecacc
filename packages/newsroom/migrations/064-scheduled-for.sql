ALTER TABLE articles
  ADD COLUMN scheduled_for BIGINT NULL COMMENT 'the time by which it was published, ms since the epoch; for retries of what set it'
