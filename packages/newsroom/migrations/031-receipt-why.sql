ALTER TABLE reaction_receipts
  ADD COLUMN why VARCHAR(8) CHARACTER SET ascii COLLATE ascii_bin NULL COMMENT 'of the dislike that the event took back'
