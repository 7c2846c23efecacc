ALTER TABLE events
  ADD COLUMN why VARCHAR(8) CHARACTER SET ascii COLLATE ascii_bin NULL COMMENT 'of a dislike, where the reader said it; of its undoing: of which'
