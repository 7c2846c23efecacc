import type { Mysql } from "@headline/mysql";
import type { EventLog } from "@headline/newsroom/events";
import { type Log, rateLimitedLog } from "@headline/service/log";
import type { Articles } from "../articles/articles.js";
import type { CacheInvalidator } from "../changes/cache-invalidator.js";
import { createReactions, type React } from "../reactions/reactions.js";
import type { Users } from "../users/users.js";

interface Options {
  readonly mysql: Mysql;
  readonly articles: Articles;
  readonly users: Users;
  readonly invalidator: CacheInvalidator;
  readonly eventLog: EventLog;
  readonly now: () => number;
  readonly log: Log;
  readonly onRedisError: (error: unknown) => void;
}

export interface ListDeps extends Omit<Options, "log" | "onRedisError"> {
  readonly react: React;
  /** Receives the error of a removal that the event log did not take. */
  readonly onEventError: (error: unknown) => void;
}

/** Makes what the lists need: reactions that are taken back by the id of their article. */
export function createListDeps(options: Options): ListDeps {
  const { mysql, articles, users, invalidator, eventLog, now, log, onRedisError } = options;
  const react = createReactions({
    mysql,
    invalidator,
    articleStatistics: articles.statistics,
    userStatistics: users.statistics,
    onRedisError,
  });
  const onEventError = rateLimitedLog(log, "a removal did not reach the recommender", { everyMs: 1_000 });
  return { mysql, articles, users, invalidator, eventLog, now, react, onEventError };
}
