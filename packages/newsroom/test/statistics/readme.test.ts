import { expect, test } from "@jest/globals";
import {
  ARTICLE_STATISTICS,
  changeStatistics,
  correctStatistics,
  formatReport,
  openStatistics,
} from "../../src/statistics/index.js";
import { openWorld } from "./open-world.js";

test("the README's example holds", async () => {
  await using world = await openWorld();
  const { mysql, redis } = world;
  const articles = openStatistics(ARTICLE_STATISTICS, { mysql, redis, localMax: 10_000 });
  const [userId, articleId, now] = [1n, 7n, Date.now()];

  const counted = await mysql.transaction(async (tx) => {
    await tx.write("INSERT INTO article_likes (user_id, article_id, created_at) VALUES (?, ?, ?)", [
      userId,
      articleId,
      now,
    ]);
    return changeStatistics(tx, ARTICLE_STATISTICS, articleId, { likes: 1 });
  });
  await articles.offer(articleId, counted);

  expect((await articles.get(articleId))?.likes).toBe(1);
  expect((await articles.get(8n))?.likes).toBe(0);
  expect(formatReport(await correctStatistics({ mysql, redis }))).toMatch(
    /^counter .*\n[\s\S]*\nComplete after \d+ ms\.$/,
  );
});
