import type { Mysql } from "@headline/mysql";
import { articleIdsByAuthor } from "@headline/newsroom/articles";
import { isFollowing } from "@headline/newsroom/users";
import { Refusal } from "@headline/service/errors";
import type { RequestHandler } from "express";
import { z } from "zod";
import type { Articles } from "../articles/articles.js";
import { presentItems } from "../articles/present-item.js";
import type { Authenticate } from "../http/authenticate.js";
import { sendOk } from "../http/json.js";
import { readListPage } from "../http/list-page.js";
import { decimal, INT64_MAX, idText, read } from "../http/read.js";
import type { Users } from "./users.js";

const Path = z.object({ id: idText });
export const UserArticlesQuery = z.object({
  before: idText.optional(),
  per_page: decimal({ min: 1, max: 50 }).default(10),
});

/** GET /users/:id; to somebody signed in, also whether they follow this user. */
export function readUser({
  authenticate,
  mysql,
  users,
}: {
  authenticate: Authenticate;
  mysql: Mysql;
  users: Users;
}): RequestHandler {
  return async (req, res) => {
    const { id } = read(Path, req.params);
    const reader = req.headers.authorization === undefined ? undefined : await authenticate.anybody(req, res);
    const user = await presentUser(users, id);
    if (reader === undefined || reader.userId <= 0n) return sendOk(res, user);
    sendOk(res, { ...user, following: await isFollowing(mysql, reader.userId, id) });
  };
}

/** GET /users/me */
export function readMe({ authenticate, users }: { authenticate: Authenticate; users: Users }): RequestHandler {
  return async (req, res) => {
    const { userId } = await authenticate.signedIn(req);
    sendOk(res, await presentUser(users, userId));
  };
}

/** GET /users/:id/articles: newest first; `next` goes into `before`. */
export function listUserArticles({ mysql, articles }: { mysql: Mysql; articles: Articles }): RequestHandler {
  return async (req, res) => {
    const { id } = read(Path, req.params);
    const { before = INT64_MAX, per_page } = read(UserArticlesQuery, req.query);
    const { rows: ids, more } = await readListPage(
      per_page,
      (count) => articleIdsByAuthor(mysql, id, before, count),
      (articleId) => articleId,
    );
    sendOk(res, { results: presentItems(await articles.getMany(ids)), ...more });
  };
}

async function presentUser(users: Users, id: bigint) {
  const [user, counts] = await Promise.all([users.profiles.get(id), users.statistics.get(id)]);
  if (user === undefined) throw new Refusal("NOT_FOUND", `user ${id} does not exist`);
  return {
    user_id: String(id),
    name: user.name,
    about: user.about,
    created_at: user.createdAt,
    article_count: counts?.articles ?? 0,
    follower_count: counts?.followers ?? 0,
    following_count: counts?.followings ?? 0,
    like_received_count: counts?.likes_received ?? 0,
  };
}
