import type { Mysql } from "@headline/mysql";
import { followedAmong } from "@headline/newsroom/follows";
import { countList, type Listed, type ListName, readList } from "@headline/newsroom/lists";
import type { User } from "@headline/newsroom/users";
import { Refusal } from "@headline/service/errors";
import type { Reader } from "../http/authenticate.js";
import { type TimedListQuery, timedListPage, timedListQuery } from "../http/list-page.js";
import type { Call } from "../http/route.js";
import type { UserPath } from "../users/user-path.js";
import type { Users } from "../users/users.js";

interface Deps {
  readonly mysql: Mysql;
  readonly users: Users;
}

type FollowList = Extract<ListName, "following" | "followers">;

const ANONYMOUS = { userId: 0n };
const NONE: ReadonlySet<bigint> = new Set();
const COUNTER = { following: "followings", followers: "followers" } as const;

export const ListedUsersQuery = timedListQuery({ perPage: 20 });

/** Reads a page of whom a user follows, or of who follows them, without users whom the reader has blocked. */
export function listFollows(name: FollowList) {
  return ({ mysql, users }: Deps) =>
    async ({
      reader,
      params: { id: ownerId },
      query,
    }: Call<{ reader: Reader | undefined; params: UserPath; query: TimedListQuery }>) => {
      const { userId: readerId } = reader ?? ANONYMOUS;
      const [user, counts, { rows, more }] = await Promise.all([
        users.profiles.get(ownerId),
        users.statistics.get(ownerId),
        timedListPage(query, (before, count) => readList(mysql, name, { ownerId, readerId, before, count })),
      ]);
      if (user === undefined) throw new Refusal("NOT_FOUND", `user ${ownerId} does not exist`);
      const ids = rows.map(({ id }) => id);
      const isSignedIn = readerId > 0n;
      const [profiles, followed] = await Promise.all([
        users.profiles.getMany(ids),
        isSignedIn ? followedAmong(mysql, readerId, ids) : NONE,
      ]);
      const results = rows.map((row) => ({
        ...present(row, profiles.get(row.id)),
        ...(isSignedIn && { following: followed.has(row.id) }),
      }));
      return { results, count: counts?.[COUNTER[name]] ?? 0, ...more };
    };
}

/** Reads a page of the users whom the reader has blocked. */
export function listBlocked({ mysql, users }: Deps) {
  return async ({ reader: { userId }, query }: Call<{ reader: Reader; query: TimedListQuery }>) => {
    const owner = { ownerId: userId, readerId: userId };
    const [{ rows, more }, count] = await Promise.all([
      timedListPage(query, (before, count) => readList(mysql, "blocked", { ...owner, before, count })),
      countList(mysql, "blocked", userId),
    ]);
    const profiles = await users.profiles.getMany(rows.map(({ id }) => id));
    return { results: rows.map((row) => present(row, profiles.get(row.id))), count, ...more };
  };
}

/** A user of another token issuer may have no name here. */
function present({ id, at }: Listed, user: User | undefined) {
  return {
    user_id: String(id),
    name: user?.name ?? `user ${id}`,
    about: user?.about ?? "",
    at: at.toISOString(),
  };
}
