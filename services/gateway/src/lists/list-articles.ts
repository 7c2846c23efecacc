import type { Mysql } from "@headline/mysql";
import { countList, type Listed, type ListName, readList } from "@headline/newsroom/lists";
import type { Articles, Item } from "../articles/articles.js";
import { presentItem } from "../articles/present-item.js";
import type { Reader } from "../http/authenticate.js";
import { type TimedListQuery, timedListPage, timedListQuery } from "../http/list-page.js";
import type { Call } from "../http/route.js";

interface Deps {
  readonly mysql: Mysql;
  readonly articles: Articles;
}

type ArticleList = Extract<ListName, "collected" | "liked" | "read">;

export const ListedArticlesQuery = timedListQuery({ perPage: 10 });

/** Reads a page of a list of the reader's own, without articles of authors whom they have blocked. */
export function listArticlesOf(name: ArticleList) {
  return ({ mysql, articles }: Deps) =>
    async ({ reader: { userId }, query }: Call<{ reader: Reader; query: TimedListQuery }>) => {
      const owner = { ownerId: userId, readerId: userId };
      const [{ rows, more }, count] = await Promise.all([
        timedListPage(query, (before, count) => readList(mysql, name, { ...owner, before, count })),
        countList(mysql, name, userId),
      ]);
      const items = await articles.getMany(rows.map(({ id }) => id));
      return { results: rows.map((row, at) => present(row, items[at])), count, ...more };
    };
}

function present({ id, at }: Listed, item: Item | undefined) {
  return { article_id: String(id), at: at.toISOString(), article: item === undefined ? null : presentItem(item) };
}
