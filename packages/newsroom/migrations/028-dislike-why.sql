ALTER TABLE article_dislikes
  ADD COLUMN why VARCHAR(8) CHARACTER SET ascii COLLATE ascii_bin NULL COMMENT 'where the reader said it'
