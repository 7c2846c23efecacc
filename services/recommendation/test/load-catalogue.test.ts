import { type Mysql, openMysql } from "@headline/mysql";
import { expect, test } from "@jest/globals";
import { loadCatalogue } from "../src/catalogue/article-source.js";
import { Catalogue } from "../src/catalogue/catalogue.js";
import { articles, openWorld } from "./open-world.js";

test("twenty thousand articles are read in chunks, and what is served meanwhile waits for none of them", async () => {
  await using world = await openWorld();
  const seeds = articles(20_000, { likes: 1 });
  for (let from = 0; from < seeds.length; from += 5_000) await world.seed(seeds.slice(from, from + 5_000));
  await using mysql = openMysql(world.mysqlUrl, {
    connectionsMax: 2,
    acquireTimeoutMs: 5_000,
    statementTimeoutMs: 30_000,
  });
  const catalogue = new Catalogue(Date.now);
  let statements = 0;
  const counted: Mysql = {
    ...mysql,
    query: (sql, params) => {
      statements += 1;
      return mysql.query(sql, params);
    },
  };
  let turns = 0;
  const turning = setInterval(() => {
    turns += 1;
  }, 0);
  await loadCatalogue(counted, catalogue);
  clearInterval(turning);
  expect(catalogue.listed).toBe(20_000);
  expect(catalogue.index(101).fresh.size).toBe(20_000);
  expect(turns).toBeGreaterThanOrEqual(10);
  expect(statements).toBeLessThanOrEqual(20_000 / 2_000 + 2);

  await loadCatalogue(counted, catalogue);
  expect(catalogue.listed).toBe(20_000);
});
