ALTER TABLE events
  ADD COLUMN network BIGINT UNSIGNED NULL COMMENT 'of a guest: a keyed hash of the network it came from, never the address'
