import { readCover } from "@headline/newsroom/articles";
import { privateMysql } from "@headline/testkit";
import { describe, expect, test } from "@jest/globals";
import { importHeadlines } from "./import-headlines.js";
import { openContentWorld } from "./open-content-world.js";
import type { Headlines } from "./read-headlines.js";

const DAY_MS = 24 * 3_600_000;

describe("an import", () => {
  test("repeats the file up to the number asked for, over the last 30 days, and every count is right", async () => {
    await using world = await openContentWorld();
    const { articles, channelsAdded } = await importInto(world.mysqlUrl, { articles: 5_500 });

    expect(articles).toBe(5_500);
    expect(channelsAdded).toBe(3);
    expect(await world.count("articles")).toBe(5_500);
    expect(await world.count("article_contents")).toBe(5_500);
    const tooOldOrNew = `published_at < ${Date.now() - 31 * DAY_MS} OR published_at > ${Date.now() + 60_000}`;
    expect(await world.count(`articles WHERE ${tooOldOrNew}`)).toBe(0);
    expect(await world.wrongCounts()).toBe(0);
  });

  test("adds the channels that are missing, with the file's name for those nobody knows", async () => {
    await using world = await openContentWorld();
    await importInto(world.mysqlUrl, { articles: 10 });

    const rows = await world.mysql.query<{ id: number; name: string }>("SELECT id, name FROM channels ORDER BY id");
    expect(rows.map(({ id, name }) => [id, name])).toEqual([
      [0, "推荐"],
      [103, "体育"],
      [777, "Kites"],
    ]);
  });

  test("gives the same articles for the same seed, and others for another", async () => {
    const made = [];
    for (const seed of [7, 7, 8]) {
      await using world = await openContentWorld();
      await importInto(world.mysqlUrl, { articles: 50, seed });
      made.push(
        await world.mysql.query(
          "SELECT a.title, a.cover, u.name FROM articles a JOIN users u ON u.id = a.author_id ORDER BY a.id",
        ),
      );
    }
    expect(made[1]).toEqual(made[0]);
    expect(made[2]).not.toEqual(made[0]);
  });

  test("writes titles as they are, whatever they try and whatever the server makes of backslashes and quotes", async () => {
    const args = ["--autocommit=0", "--sql-mode=ANSI_QUOTES,NO_BACKSLASH_ESCAPES"];
    await using world = await openContentWorld(() => privateMysql({ args }));
    const titles = [
      "\\'); DROP TABLE articles; -- ",
      "\\' OR 1=1) -- ",
      "'); DELETE FROM articles; -- ",
      '"quoted" \\" and \\\\',
      "%_\\0\\n\\Z",
    ];
    const headlines = titles.map((title) => ({ title, source: title, keywords: [title], channelId: 103 }));
    const categoryNames = new Map([[103, titles[0] ?? ""]]);
    await importInto(world.mysqlUrl, { articles: titles.length, file: { ...FILE, headlines, categoryNames } });
    const rows = await world.mysql.query<{ title: string; content: string; cover: string }>(
      "SELECT title, content, cover FROM articles a JOIN article_contents c ON c.article_id = a.id",
    );
    expect(rows.map(({ title }) => title).sort()).toEqual([...titles].sort());
    for (const { title, content, cover } of rows) {
      expect(content).toContain(`来源：${title}。`);
      expect(() => readCover(cover)).not.toThrow();
    }
    expect(await world.wrongCounts()).toBe(0);
  });

  test("done twice adds to the counts of the same authors, but never writes in the name of a person", async () => {
    await using world = await openContentWorld();
    await importInto(world.mysqlUrl, { articles: 10 });
    const authors = await world.count("users");
    await importInto(world.mysqlUrl, { articles: 10, seed: 1 });
    expect(await world.count("users")).toBe(authors);
    expect(await world.wrongCounts()).toBe(0);

    await using other = await openContentWorld();
    await other.mysql.write("INSERT INTO users (id, name, about, created_at) SELECT 1, '江南快报', 'a person', 1");
    await importInto(other.mysqlUrl, { articles: 2_000 });
    expect(await other.count("articles WHERE author_id = 1")).toBe(0);
  });

  test("that is interrupted keeps what is complete, and every count is right", async () => {
    await using world = await openContentWorld();
    const interrupted = new AbortController();
    const { articles } = await importInto(world.mysqlUrl, {
      articles: 50_000,
      signal: interrupted.signal,
      onProgress: () => interrupted.abort(),
    });
    expect(articles).toBeGreaterThan(0);
    expect(articles).toBeLessThan(50_000);
    expect(await world.count("articles")).toBe(articles);
    expect(await world.wrongCounts()).toBe(0);
  });

  test("tells services what changed: everything to read, and each author's counts at their version", async () => {
    await using world = await openContentWorld();
    const { changes } = await importInto(world.mysqlUrl, { articles: 10 });

    expect(changes.filter(({ topic }) => topic === "import")).toHaveLength(1);
    const rows = await world.mysql.query<{ user_id: string; version: string }>(
      "SELECT user_id, version FROM user_statistics ORDER BY user_id",
    );
    const told = changes.filter(({ topic }) => topic === "user-statistics");
    expect(told.map(({ subjectId, version }) => [String(subjectId), String(version)])).toEqual(
      rows.map((row) => [row.user_id, row.version]),
    );
    expect(await world.count("changes")).toBe(changes.length);
  });
});

const FILE: Headlines = {
  headlines: [
    { title: "one", source: "site", keywords: ["a", "b"], channelId: 103 },
    { title: "it's two; DROP TABLE users --", source: "", keywords: [], channelId: 777 },
    { title: "three \\ 😀", source: "site", keywords: [], channelId: 0 },
  ],
  categoryNames: new Map([
    [103, "Balls"],
    [777, "Kites"],
  ]),
  cleaned: 0,
  skipped: 0,
};

function importInto(
  mysqlUrl: string,
  options: {
    articles: number;
    file?: Headlines;
    seed?: number;
    signal?: AbortSignal;
    onProgress?: (done: number) => void;
  },
) {
  return importHeadlines({
    mysqlUrl,
    file: FILE,
    seed: 1,
    onProgress: () => undefined,
    signal: new AbortController().signal,
    ...options,
  });
}
