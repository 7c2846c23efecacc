import type { Mysql } from "@headline/mysql";
import type { UserCounts } from "@headline/newsroom/statistics";

import { openStatistics, USER_STATISTICS } from "@headline/newsroom/statistics";
import { loadUsers, readUser, type User } from "@headline/newsroom/users";
import { type Redis, VersionedCache } from "@headline/redis";
import type { OnUnreadable } from "@headline/service/metrics";

interface Deps {
  readonly mysql: Mysql;
  readonly redis: Redis;
  readonly onRedisError: (error: unknown) => void;
  /** Receives the error of each value of MySQL or Redis that cannot be read. */
  readonly onUnreadable: OnUnreadable;
}

const LOCAL_MAX = 20_000;

/** Users and their counts, from memory, Redis or MySQL. */
export class Users {
  readonly profiles: VersionedCache<User>;
  readonly statistics: VersionedCache<UserCounts>;

  constructor({ mysql, redis, onRedisError, onUnreadable: unreadable }: Deps) {
    const onUnreadable = unreadable("user");
    this.profiles = new VersionedCache({
      name: "user",
      redis,
      onRedisError,
      onUnreadable,
      localMax: LOCAL_MAX,
      source: (ids) => loadUsers(mysql, ids, onUnreadable),
      encode: (user) => Buffer.from(JSON.stringify({ ...user, userId: String(user.userId) })),
      decode: readUser,
    });
    this.statistics = openStatistics(USER_STATISTICS, {
      mysql,
      redis,
      onRedisError,
      onUnreadable: unreadable("user-statistics"),
      localMax: LOCAL_MAX,
    });
  }
}
