import { throwawayMysql } from "@headline/testkit";
import { expect, test } from "@jest/globals";
import { openMysql, waitForMysql } from "./index.js";

test("the README's example holds", async () => {
  await using database = await throwawayMysql();
  await waitForMysql(database.url, { signal: new AbortController().signal, onAway: () => undefined });
  await using mysql = openMysql(database.url, {
    acquireTimeoutMs: 10_000,
    statementTimeoutMs: 10_000,
    transactionTimeoutMs: 20_000,
  });
  await mysql.write("CREATE TABLE notes (id BIGINT AUTO_INCREMENT PRIMARY KEY, note VARCHAR(100))");
  const { insertId } = await mysql.write("INSERT INTO notes (note) VALUES (?)", ["头条"]);
  const [note] = await mysql.query<{ id: string; note: string }>("SELECT id, note FROM notes WHERE id = ?", [insertId]);
  expect(note).toEqual({ id: String(insertId), note: "头条" });
  await mysql.transaction(async (tx) => {
    await tx.query("SELECT id FROM notes WHERE id = ? FOR UPDATE", [insertId]);
    await tx.write("DELETE FROM notes WHERE id = ?", [insertId]);
  });
  expect(await mysql.query("SELECT id FROM notes")).toEqual([]);
});

test("a MySQL that refuses this client for good is not waited for", async () => {
  await using database = await throwawayMysql();
  const nowhere = database.url.replace(database.database, "nowhere");
  const waiting = waitForMysql(nowhere, { signal: AbortSignal.timeout(30_000), onAway: () => undefined });
  await expect(waiting).rejects.toThrow("ER_BAD_DB_ERROR");
});
