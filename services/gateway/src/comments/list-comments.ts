import type { Mysql } from "@headline/mysql";
import { readComments } from "@headline/newsroom/comments";
import { Refusal } from "@headline/service/errors";
import type { RequestHandler } from "express";
import { z } from "zod";
import type { Articles } from "../articles/articles.js";
import type { Authenticate } from "../http/authenticate.js";
import { sendOk } from "../http/json.js";
import { readListPage } from "../http/list-page.js";
import { decimal, INT64_MAX, idText, read } from "../http/read.js";
import type { Users } from "../users/users.js";
import { presentComment } from "./present-comment.js";

interface Parts {
  readonly authenticate: Authenticate;
  readonly mysql: Mysql;
  readonly articles: Articles;
  readonly users: Users;
}

const NOBODY = { userId: 0n };
const Path = z.object({ id: idText });
export const CommentsQuery = z.object({
  before: idText.optional(),
  per_page: decimal({ min: 1, max: 50 }).default(20),
});

/** GET /articles/:id/comments: newest first, to a reader without those of users whom they have blocked; `next` goes into `before`. */
export function listComments({ authenticate, mysql, articles, users }: Parts): RequestHandler {
  return async (req, res) => {
    const { id } = read(Path, req.params);
    const { userId: readerId } =
      req.headers.authorization === undefined ? NOBODY : await authenticate.anybody(req, res);
    const { before = INT64_MAX, per_page } = read(CommentsQuery, req.query);
    const [[article], { rows: comments, more }] = await Promise.all([
      articles.getMany([id]),
      readListPage(
        per_page,
        (count) => readComments(mysql, { articleId: id, readerId, before, count }),
        ({ commentId }) => commentId,
      ),
    ]);
    if (article === undefined) throw new Refusal("NOT_FOUND", `article ${id} does not exist`);
    const names = await users.profiles.getMany([...new Set(comments.map(({ userId }) => userId))]);
    sendOk(res, {
      results: comments.map((comment) => presentComment(comment, names.get(comment.userId)?.name)),
      ...more,
    });
  };
}
