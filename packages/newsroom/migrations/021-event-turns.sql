CREATE TABLE event_turns (
  id TINYINT NOT NULL COMMENT 'always 1: who holds this row writes events, so that their ids are in the order of the commits',
  PRIMARY KEY (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin
