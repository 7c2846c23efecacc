CREATE TABLE promotion_days (
  day DATE NOT NULL COMMENT 'UTC',
  capacity INT NOT NULL,
  available INT NOT NULL COMMENT 'capacity minus the orders of the day that are unpaid or paid',
  PRIMARY KEY (day)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin
