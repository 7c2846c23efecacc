import { type Mysql, openMysql } from "@headline/mysql";
import { expect, test } from "@jest/globals";
import { Catalogue } from "../src/catalogue/catalogue.js";
import { cutPairs } from "../src/catalogue/cut-title.js";
import { loadTitles, refreshTitles } from "../src/catalogue/load-titles.js";
import { TitleWords } from "../src/catalogue/title-words.js";
import { wordNumber } from "../src/catalogue/word-number.js";
import { articles, openWorld } from "./open-world.js";

const title = wordNumber("title");

test("titles are read in chunks, the newest first, and changed ones again", async () => {
  await using world = await openWorld();
  await world.seed(articles(3_500));
  await using mysql = openMysql(world.mysqlUrl, { acquireTimeoutMs: 5_000, statementTimeoutMs: 10_000 });
  let statements = 0;
  const counted: Mysql = {
    ...mysql,
    query: (sql, params) => {
      statements += 1;
      return mysql.query(sql, params);
    },
  };
  const catalogue = new Catalogue(Date.now);
  const titleWords = new TitleWords(cutPairs);
  const loading = { mysql: counted, catalogue, titleWords, signal: new AbortController().signal };
  titleWords.put({ slot: catalogue.slotOf(3_000n), title: "told of before", publishedAtMs: 1 });

  await loadTitles(loading, 2_500);
  expect(titleWords.size).toBe(2_500);
  expect(statements).toBe(3);
  expect(titleWords.has(catalogue.slotOf(3_500n))).toBe(true);
  expect(titleWords.has(catalogue.slotOf(1_000n))).toBe(false);
  expect([...titleWords.wordsOf(catalogue.slotOf(3_000n))]).not.toContain(title);

  await world.mysql.write("UPDATE articles SET title = 'robots' WHERE id = 7");
  await world.mysql.write("UPDATE articles SET status = 2 WHERE id = 3400");
  await refreshTitles(loading, [7n, 3_000n, 3_400n, 9_999n]);
  expect(titleWords.slotsOf(wordNumber("robots"))).toEqual([catalogue.slotOf(7n)]);
  expect([...titleWords.wordsOf(catalogue.slotOf(3_000n))]).toContain(title);
  expect(titleWords.has(catalogue.slotOf(3_400n))).toBe(false);
});

test("who closes waits for no more than the chunk that is being read", async () => {
  await using world = await openWorld();
  await world.seed(articles(1_500));
  const closing = new AbortController();
  const titleWords = new TitleWords(cutPairs);
  const loaded = loadTitles({
    mysql: world.mysql,
    catalogue: new Catalogue(Date.now),
    titleWords,
    signal: closing.signal,
  });
  closing.abort();
  await loaded;
  expect(titleWords.size).toBe(0);
});
