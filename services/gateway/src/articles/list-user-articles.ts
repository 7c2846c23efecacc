import type { Mysql } from "@headline/mysql";
import { articleIdsByAuthor } from "@headline/newsroom/articles";
import { type ListQuery, listPage, listQuery } from "../http/list-page.js";
import type { Call } from "../http/route.js";
import type { UserPath } from "../users/user-path.js";
import type { Articles } from "./articles.js";
import { presentItems } from "./present-item.js";

interface Deps {
  readonly mysql: Mysql;
  readonly articles: Articles;
}

export const UserArticlesQuery = listQuery({ perPage: 10 });

/** Reads a page of a user's published articles, the newest first. */
export function listUserArticles({ mysql, articles }: Deps) {
  return async ({ params, query }: Call<{ params: UserPath; query: ListQuery }>) => {
    const { rows: ids, more } = await listPage(query, {
      read: (before, count) => articleIdsByAuthor(mysql, params.id, before, count),
      idOf: (articleId) => articleId,
    });
    return { results: presentItems(await articles.getMany(ids)), ...more };
  };
}
