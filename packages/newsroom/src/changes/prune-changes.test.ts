import { fileURLToPath } from "node:url";
import { migrate, openMysql } from "@headline/mysql";
import { migratedMysql } from "@headline/testkit";
import { expect, test } from "@jest/globals";
import { pruneChanges } from "./prune-changes.js";

const MIGRATIONS = fileURLToPath(new URL("../../migrations", import.meta.url));
const HOUR_MS = 3_600_000;

test("pruning leaves only the last hour, however much there was before", async () => {
  await using database = await migratedMysql((url) => migrate(url, MIGRATIONS));
  await using mysql = openMysql(database.url, { statementTimeoutMs: 5_000 });
  const insert = (count: number, agoMs: number) =>
    mysql.write(
      `INSERT INTO changes (topic, subject_id, version, created_at) VALUES
       ${Array.from({ length: count }, () => `('article', 1, 1, UNIX_TIMESTAMP(NOW(3)) * 1000 - ${agoMs})`).join(",")}`,
    );
  await insert(2_500, 2 * HOUR_MS);
  await insert(3, HOUR_MS / 2);
  await pruneChanges(mysql);
  expect(await mysql.query("SELECT seq FROM changes")).toHaveLength(3);
});
