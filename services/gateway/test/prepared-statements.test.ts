import { mysqlStatus, privateMysql } from "@headline/testkit";
import { expect, test } from "@jest/globals";
import { bearer, openWorld } from "./open-world.js";

test("the server's prepared statements do not grow with the ids, pages and batches that are asked for", async () => {
  await using world = await openWorld(() => privateMysql());
  const author = await world.addUser("alice");
  const articles = await world.addArticles(40, { authorId: author });
  const { gateway } = await world.open();
  const headers = { authorization: await bearer(author) };
  const ask = (path: string) => fetch(`${gateway.url}${path}`, { headers });
  const round = async (from: number, to: number) => {
    for (let n = from; n < to; n += 1) {
      const before = `before=${BigInt(n) * 1_000n}`;
      const paths = [
        `/articles/${n}`,
        `/users/${n}`,
        `/articles/${articles[n % 40]}/comments?per_page=${(n % 50) + 1}`,
        `/users/${author}/articles?per_page=${(n % 50) + 1}&${before}`,
        `/users/me/articles?per_page=${(n % 50) + 1}&${before}`,
        `/orders?per_page=${(n % 50) + 1}`,
        `/notifications?per_page=${(n % 50) + 1}`,
        `/conversations?per_page=${(n % 50) + 1}`,
        `/conversations/${n}/messages?per_page=${(n % 50) + 1}`,
        `/articles?channel_id=101&per_page=${(n % 50) + 1}`,
      ];
      const answers = await Promise.all(paths.map(ask));
      expect(answers.map(({ status }) => status).filter((status) => status === 500)).toEqual([]);
      await Promise.all(answers.map((answer) => answer.arrayBuffer()));
    }
  };
  await round(1, 20); // every connection has met every text by then, or nearly
  const known = await mysqlStatus(world.mysqlUrl, "Com_stmt_prepare");
  await round(20, 50);
  const prepared = (await mysqlStatus(world.mysqlUrl, "Com_stmt_prepare")) - known;
  expect(prepared).toBeLessThan(200); // of 300 requests, each of several statements
  expect(await mysqlStatus(world.mysqlUrl, "Prepared_stmt_count")).toBeLessThan(1_000);
});
