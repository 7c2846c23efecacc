import type { Mysql } from "@headline/mysql";
import { readComments } from "@headline/newsroom/comments";
import { Refusal } from "@headline/service/errors";
import type { ArticlePath } from "../articles/article-path.js";
import type { Articles } from "../articles/articles.js";
import type { Reader } from "../http/authenticate.js";
import { type ListQuery, listPage, listQuery } from "../http/list-page.js";
import type { Call } from "../http/route.js";
import type { Users } from "../users/users.js";
import { presentComment } from "./present-comment.js";

interface Deps {
  readonly mysql: Mysql;
  readonly articles: Articles;
  readonly users: Users;
}

const ANONYMOUS = { userId: 0n };

export const CommentsQuery = listQuery({ perPage: 20 });

/** Reads a page of an article's comments, the newest first, without those of users whom the reader has blocked. */
export function listComments({ mysql, articles, users }: Deps) {
  return async ({
    reader,
    params,
    query,
  }: Call<{ reader: Reader | undefined; params: ArticlePath; query: ListQuery }>) => {
    const { id: articleId } = params;
    const { userId: readerId } = reader ?? ANONYMOUS;
    const [[article], { rows: comments, more }] = await Promise.all([
      articles.getMany([articleId]),
      listPage(query, {
        read: (before, count) => readComments(mysql, { articleId, readerId, before, count }),
        idOf: ({ commentId }) => commentId,
      }),
    ]);
    if (article === undefined) throw new Refusal("NOT_FOUND", `article ${articleId} does not exist`);
    const names = await users.profiles.getMany([...new Set(comments.map(({ userId }) => userId))]);
    const results = comments.map((comment) => presentComment(comment, names.get(comment.userId)?.name));
    return { results, ...more };
  };
}
