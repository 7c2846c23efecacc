import { fileURLToPath } from "node:url";
import { type Mysql, migrate, openMysql } from "@headline/mysql";
import { migratedMysql } from "@headline/testkit";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { countList, type ListName, readList } from "../../src/lists/index.js";

const MIGRATIONS = fileURLToPath(new URL("../../migrations", import.meta.url));
const OWNER = 7n;
const ENTRIES = 3_000;
const PAGE = 11;
const LATEST = { atMs: 2n ** 63n - 1n, id: 2n ** 63n - 1n };

let database: { url: string } & AsyncDisposable;
/** One connection, whose reads are counted. */
let mysql: Mysql;

beforeAll(async () => {
  database = await migratedMysql((url) => migrate(url, MIGRATIONS));
  mysql = openMysql(database.url, { acquireTimeoutMs: 10_000, statementTimeoutMs: 60_000, connectionsMax: 1 });
  await fill(
    "articles (id, author_id, channel_id, title, cover, status, version, published_at, created_at, updated_at)",
    (id) => `(${id}, ${1 + (id % 100)}, 101, 't', '[]', 1, 1, 1, 1, 1)`,
  );
  // Ten of each millisecond.
  const timed = (id: number) => 1_000 + Math.floor(id / 10);
  const owned = (id: number) => `(${OWNER}, ${1_000 + id}, ${timed(id)})`;
  await fill("article_collects (user_id, article_id, created_at)", (id) => `(${OWNER}, ${id}, ${timed(id)})`);
  await fill("article_likes (user_id, article_id, created_at)", (id) => `(${OWNER}, ${id}, ${timed(id)})`);
  await fill("readings (user_id, article_id, read_at)", (id) => `(${OWNER}, ${id}, ${timed(id)})`);
  await fill("follows (user_id, author_id, created_at)", owned);
  await fill("follows (author_id, user_id, created_at)", owned);
  await fill("author_blocks (user_id, author_id, created_at)", (id) => `(${OWNER}, ${100_000 + id}, ${timed(id)})`);
});
afterAll(async () => {
  await mysql.close();
  await database[Symbol.asyncDispose]();
});

async function fill(columns: string, row: (id: number) => string): Promise<void> {
  const rows = Array.from({ length: ENTRIES }, (_, at) => row(at + 1));
  await mysql.write(`INSERT INTO ${columns} VALUES ${rows.join(", ")}`);
}

/** Rows and keys of indexes that this connection has read. */
async function readsSoFar(): Promise<number> {
  const rows = await mysql.query<{ Variable_name: string; Value: string }>("SHOW SESSION STATUS LIKE 'Handler_read%'");
  const counted = rows.filter(({ Variable_name: name }) => /_(first|key|last|next|prev)$/.test(name));
  return counted.reduce((sum, { Value }) => sum + Number(Value), 0);
}

const LISTS: readonly ListName[] = ["collected", "liked", "read", "following", "followers", "blocked"];

test.each(LISTS)("a page of %s reads a few rows an entry, wherever it is in a list of thousands", async (name) => {
  const places = [LATEST, { atMs: 1_150n, id: 1_000_000n }, { atMs: 1_002n, id: 1_025n }];
  for (const before of places) {
    const start = await readsSoFar();
    const page = await readList(mysql, name, { ownerId: OWNER, readerId: OWNER, before, count: PAGE });
    expect(page).toHaveLength(PAGE);
    expect((await readsSoFar()) - start).toBeLessThan(4 * PAGE);
  }
});

test.each(LISTS)("a walk through %s meets every entry once, in the order of time and id", async (name) => {
  const walked: string[] = [];
  for (let before = LATEST; ; ) {
    const page = await readList(mysql, name, { ownerId: OWNER, readerId: 0n, before, count: 700 });
    walked.push(...page.map(({ position: { atMs, id } }) => `${atMs} ${String(id).padStart(9, "0")}`));
    const last = page.at(-1);
    if (last === undefined) break;
    before = last.position;
  }
  expect(walked).toHaveLength(ENTRIES);
  expect(walked).toEqual([...new Set(walked)].sort().reverse());
  expect(await countList(mysql, name, OWNER)).toBe(ENTRIES);
});

test("counting ends at ten thousand", async () => {
  for (let from = 0; from < 10_000; from += 2_500) {
    const rows = Array.from({ length: 2_500 }, (_, at) => `(8, ${from + at + 1}, 1)`);
    await mysql.write(`INSERT INTO article_likes (user_id, article_id, created_at) VALUES ${rows.join(", ")}`);
  }
  await mysql.write("INSERT INTO article_likes (user_id, article_id, created_at) VALUES (8, 10001, 1)");
  expect(await countList(mysql, "liked", 8n)).toBe(10_000);
});
