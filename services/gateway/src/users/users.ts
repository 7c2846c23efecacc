import type { Mysql } from "@headline/mysql";
import { type Redis, VersionedCache } from "@headline/redis";
import { openStatistics, USER_STATISTICS } from "@headline/statistics";
import type { UserCounts } from "../articles/article-writer.js";
import { loadUsers, type User } from "./user-store.js";

interface Parts {
  readonly mysql: Mysql;
  readonly redis: Redis;
  readonly onRedisError: (error: unknown) => void;
}

const LOCAL_MAX = 20_000;

/** Users and their counts, from memory, Redis or MySQL. */
export class Users {
  readonly profiles: VersionedCache<User>;
  readonly statistics: VersionedCache<UserCounts>;

  constructor({ mysql, redis, onRedisError }: Parts) {
    this.profiles = new VersionedCache({
      name: "user",
      redis,
      onRedisError,
      localMax: LOCAL_MAX,
      source: (ids) => loadUsers(mysql, ids),
      encode: (user) => Buffer.from(JSON.stringify({ ...user, userId: String(user.userId) })),
      decode: (bytes) => {
        const user = JSON.parse(bytes.toString());
        return { ...user, userId: BigInt(user.userId) };
      },
    });
    this.statistics = openStatistics(USER_STATISTICS, { mysql, redis, onRedisError, localMax: LOCAL_MAX });
  }
}
