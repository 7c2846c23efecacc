import { limitOf, type Mysql } from "@headline/mysql";
import { coverOrNone, PUBLISHED, SCHEDULED } from "@headline/newsroom/articles";
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

interface OwnRow {
  readonly id: string;
  readonly title: string;
  readonly channel_id: number;
  readonly cover: string;
  readonly status: number;
  readonly publish_at: string | null;
  readonly published_at: string;
}

/** GET /users/me/articles: one's own, those that wait for their time included, with their counts; `next` goes into `before`. */
export function listMyArticles({ authenticate, mysql, articles }: Parts): RequestHandler {
  return async (req, res) => {
    const { userId } = await authenticate.signedIn(req);
    const { before = INT64_MAX, per_page } = read(MyArticlesQuery, req.query);
    const { rows, more } = await readListPage(
      per_page,
      (count) => readOwn(mysql, userId, before, count),
      ({ id }) => id,
    );
    const counts = await articles.statistics.getMany(rows.map(({ id }) => BigInt(id)));
    const results = rows.map((row) => {
      const { comments = 0, likes = 0, collects = 0 } = counts.get(BigInt(row.id)) ?? {};
      return { ...presentOwn(row), comment_count: comments, like_count: likes, collect_count: collects };
    });
    sendOk(res, { results, ...more });
  };
}

function readOwn(mysql: Mysql, authorId: bigint, before: bigint, count: number): Promise<readonly OwnRow[]> {
  return mysql.query<OwnRow>(
    `SELECT id, title, channel_id, cover, status, publish_at, published_at FROM articles
      WHERE author_id = ? AND status IN (${PUBLISHED}, ${SCHEDULED}) AND id < ? ORDER BY id DESC LIMIT ?`,
    [authorId, before, limitOf(count)],
  );
}

function presentOwn({ id, title, channel_id, cover, status, publish_at, published_at }: OwnRow) {
  const isScheduled = status === SCHEDULED;
  return {
    article_id: id,
    title,
    channel_id: String(channel_id),
    cover: coverOrNone(cover),
    /** `held` waits for its author to name a time. */
    status: !isScheduled ? "published" : publish_at === null ? "held" : "scheduled",
    publish_at: timeOrNull(publish_at),
    pubdate: isScheduled ? null : timeOrNull(published_at),
  };
}

/** Null also for milliseconds that no date has: its author is shown the article all the same. */
function timeOrNull(ms: string | null): string | null {
  const time = new Date(ms === null ? Number.NaN : Number(ms));
  return Number.isNaN(time.getTime()) ? null : time.toISOString();
}
