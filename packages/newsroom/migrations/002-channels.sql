CREATE TABLE channels (
  id INT NOT NULL,
  name VARCHAR(32) NOT NULL,
  name_en VARCHAR(32) NOT NULL,
  position INT NOT NULL,
  PRIMARY KEY (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin
