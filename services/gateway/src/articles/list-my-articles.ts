import type { Mysql } from "@headline/mysql";
import { type OwnArticle, readOwnArticles, showWritten } from "@headline/newsroom/articles";
import type { z } from "zod";
import type { Reader } from "../http/authenticate.js";
import { type ListQuery, listPage, listQuery } from "../http/list-page.js";
import type { Call } from "../http/route.js";
import type { WrittenFields } from "./answers.js";
import type { Articles } from "./articles.js";

interface Deps {
  readonly mysql: Mysql;
  readonly articles: Articles;
}

export const MyArticlesQuery = listQuery({ perPage: 10 });

/** Reads a page of the reader's own articles, those included that wait for their time, with their counts. */
export function listMyArticles({ mysql, articles }: Deps) {
  return async ({ reader, query }: Call<{ reader: Reader; query: ListQuery }>) => {
    const { rows, more } = await listPage(query, {
      read: (before, count) => readOwnArticles(mysql, reader.userId, before, count),
      idOf: ({ articleId }) => articleId,
    });
    const counts = await articles.statistics.getMany(rows.map(({ articleId }) => articleId));
    const results = rows.map((row) => {
      const { comments = 0, likes = 0, collects = 0 } = counts.get(row.articleId) ?? {};
      return { ...presentOwn(row), comment_count: comments, like_count: likes, collect_count: collects };
    });
    return { results, ...more };
  };
}

function presentOwn(article: OwnArticle) {
  const { isScheduled, publishAtMs, publishedAtMs } = article;
  return {
    article_id: String(article.articleId),
    ...(showWritten(article) as z.output<typeof WrittenFields>),
    /** `held` waits for its author to name a time. */
    status: !isScheduled
      ? ("published" as const)
      : publishAtMs === undefined
        ? ("held" as const)
        : ("scheduled" as const),
    publish_at: timeOrNull(publishAtMs),
    pubdate: isScheduled ? null : timeOrNull(publishedAtMs),
  };
}

/** Null also for milliseconds that no date has: its author is shown the article all the same. */
function timeOrNull(ms: number | undefined): string | null {
  const time = new Date(ms ?? Number.NaN);
  return Number.isNaN(time.getTime()) ? null : time.toISOString();
}
