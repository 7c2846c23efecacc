import type { Mysql } from "@headline/mysql";
import { isFollowing } from "@headline/newsroom/follows";
import { Refusal } from "@headline/service/errors";
import type { Reader } from "../http/authenticate.js";
import type { Call } from "../http/route.js";
import type { UserPath } from "./user-path.js";
import type { Users } from "./users.js";

interface Deps {
  readonly mysql: Mysql;
  readonly users: Users;
}

/** Reads a user; for a signed-in reader also whether they follow this user. */
export function readUser({ mysql, users }: Deps) {
  return async ({ reader, params: { id } }: Call<{ reader: Reader | undefined; params: UserPath }>) => {
    const user = await presentUser(users, id);
    if (reader === undefined || reader.userId <= 0n) return user;
    return { ...user, following: await isFollowing(mysql, reader.userId, id) };
  };
}

/** Reads the reader's own profile. */
export function readMe({ users }: { readonly users: Users }) {
  return ({ reader }: Call<{ reader: Reader }>) => presentUser(users, reader.userId);
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
