import { expect, test } from "@jest/globals";
import { askPostgres } from "./open-postgres.js";
import { privatePostgres } from "./private-postgres.js";
import { noPgBouncer, throwawayPgBouncer } from "./throwaway-pgbouncer.js";
import { noPostgres, throwawayPostgres } from "./throwaway-postgres.js";

const onPostgres = noPostgres === undefined ? test : test.skip;
const behindPgBouncer = noPostgres === undefined && noPgBouncer === undefined ? test : test.skip;

onPostgres("databases of one server are apart, and gone when disposed of", async () => {
  const one = await throwawayPostgres();
  await using other = await throwawayPostgres();
  expect(other.path).toBe(one.path);
  await askPostgres({ socket: one.path, database: one.database }, "CREATE TABLE a (b int)");
  const tables = "SELECT count(*)::int AS n FROM pg_tables WHERE tablename = 'a'";
  expect(await askPostgres({ socket: other.path, database: other.database }, tables)).toEqual([{ n: 0 }]);
  await one[Symbol.asyncDispose]();
  const names = await askPostgres({ socket: other.path }, "SELECT datname FROM pg_database");
  expect(names.map(({ datname }) => datname)).not.toContain(one.database);
});

onPostgres("a private server keeps what it acknowledged over kill -9, and stops with its sessions", async () => {
  await using server = await privatePostgres();
  await askPostgres({ socket: server.path }, "CREATE TABLE kept (n int)", "INSERT INTO kept VALUES (7)");
  const { pid } = server;
  await server.kill();
  await expect(askPostgres({ socket: server.path }, "SELECT 1")).rejects.toThrow();
  await server.restart();
  expect(server.pid).not.toBe(pid);
  expect(await askPostgres({ socket: server.path }, "SELECT n FROM kept")).toEqual([{ n: 7 }]);
  server.pause();
  let isAnswered = false;
  const answer = askPostgres({ socket: server.path }, "SELECT 8 AS n").then((rows) => {
    isAnswered = true;
    return rows;
  });
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(isAnswered).toBe(false);
  server.resume();
  expect(await answer).toEqual([{ n: 8 }]);
});

behindPgBouncer("a PgBouncer passes statements on", async () => {
  await using database = await throwawayPostgres();
  await using bouncer = await throwawayPgBouncer(database, { pooling: "transaction" });
  expect(bouncer.url).toMatch(new RegExp(`^postgres://postgres@127.0.0.1:\\d+/${database.database}$`));
});
