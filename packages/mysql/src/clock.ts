/**
 * SQL of the database's clock, in Unix milliseconds. By way of UTC: UNIX_TIMESTAMP(NOW(3)) is an hour off in the hour that comes
 * twice each autumn where the session's zone has clock changes.
 */
export const DATABASE_NOW_MS =
  "CAST(TIMESTAMPDIFF(MICROSECOND, '1970-01-01 00:00:00', UTC_TIMESTAMP(3)) DIV 1000 AS UNSIGNED)";
