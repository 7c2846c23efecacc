/**
 * Settings of a session that statements rely on, whatever the server's defaults are. mysql2 escapes with backslashes and our
 * texts stand in single quotes, so NO_BACKSLASH_ESCAPES and ANSI_QUOTES are off; strict mode refuses what does not fit
 * instead of cutting it; UTC has no hour twice; and a statement outside a transaction is committed by itself.
 */
const SESSION_SETTINGS = [
  "sql_mode = 'STRICT_TRANS_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION'",
  "time_zone = '+00:00'",
  "autocommit = 1",
  "foreign_key_checks = 1",
  "unique_checks = 1",
  "sql_auto_is_null = 0",
];

/** Statements that make a session ours. READ COMMITTED takes no gap locks, so publishers do not block each other. */
export function prepareSessionSql(): readonly string[] {
  return [
    `SET ${SESSION_SETTINGS.map((setting) => `SESSION ${setting}`).join(", ")}`,
    "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED",
  ];
}
