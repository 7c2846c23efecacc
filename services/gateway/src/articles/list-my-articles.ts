import type { Mysql } from "@headline/mysql";
import { type OwnArticle, readOwnArticles, showWritten } from "@headline/newsroom/articles";
import type { RequestHandler } from "express";
import { z } from "zod";
import type { Authenticate } from "../http/authenticate.js";
import { sendOk } from "../http/json.js";
import { readListPage } from "../http/list-page.js";
import { decimal, INT64_MAX, idText, read } from "../http/read.js";
import type { Articles } from "./articles.js";

interface Parts {
  readonly authenticate: Authenticate;
  readonly mysql: Mysql;
  readonly articles: Articles;
}

export const MyArticlesQuery = z.object({
  before: idText.optional(),
  per_page: decimal({ min: 1, max: 50 }).default(10),
});

/** GET /users/me/articles: one's own, those that wait for their time included, with their counts; `next` goes into `before`. */
export function listMyArticles({ authenticate, mysql, articles }: Parts): RequestHandler {
  return async (req, res) => {
    const { userId } = await authenticate.signedIn(req);
    const { before = INT64_MAX, per_page } = read(MyArticlesQuery, req.query);
    const { rows, more } = await readListPage(
      per_page,
      (count) => readOwnArticles(mysql, userId, before, count),
      ({ articleId }) => articleId,
    );
    const counts = await articles.statistics.getMany(rows.map(({ articleId }) => articleId));
    const results = rows.map((row) => {
      const { comments = 0, likes = 0, collects = 0 } = counts.get(row.articleId) ?? {};
      return { ...presentOwn(row), comment_count: comments, like_count: likes, collect_count: collects };
    });
    sendOk(res, { results, ...more });
  };
}

function presentOwn(article: OwnArticle) {
  const { isScheduled, publishAtMs, publishedAtMs } = article;
  return {
    article_id: String(article.articleId),
    ...showWritten(article),
    /** `held` waits for its author to name a time. */
    status: !isScheduled ? "published" : publishAtMs === undefined ? "held" : "scheduled",
    publish_at: timeOrNull(publishAtMs),
    pubdate: isScheduled ? null : timeOrNull(publishedAtMs),
  };
}

/** Null also for milliseconds that no date has: its author is shown the article all the same. */
function timeOrNull(ms: number | undefined): string | null {
  const time = new Date(ms ?? Number.NaN);
  return Number.isNaN(time.getTime()) ? null : time.toISOString();
}
