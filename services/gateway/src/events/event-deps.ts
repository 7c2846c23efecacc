import type { Mysql } from "@headline/mysql";
import type { EventLog } from "@headline/newsroom/events";
import { type Log, rateLimitedLog } from "@headline/service/log";
import type { TrackKeys } from "@headline/track-token";
import type { Articles } from "../articles/articles.js";
import type { CacheInvalidator } from "../changes/cache-invalidator.js";
import { createReactions } from "../reactions/reactions.js";
import type { Users } from "../users/users.js";
import type { EventDeps } from "./report-events.js";
import { createEventValidator } from "./validate-events.js";

interface Options {
  readonly mysql: Mysql;
  readonly articles: Articles;
  readonly users: Users;
  readonly invalidator: CacheInvalidator;
  readonly eventLog: EventLog;
  readonly trackKeys: TrackKeys;
  /** Network of a guest, in the log, by the address of the request. */
  readonly guestNetwork: (address: string | undefined) => number;
  readonly now: () => number;
  readonly log: Log;
  readonly onRedisError: (error: unknown) => void;
}

/** Makes what the route of events needs: validation that writes reactions and appends to the event log. */
export function createEventDeps(options: Options): EventDeps {
  const { mysql, articles, users, invalidator, eventLog, trackKeys, guestNetwork, now, log, onRedisError } = options;
  const react = createReactions({
    mysql,
    invalidator,
    articleStatistics: articles.statistics,
    userStatistics: users.statistics,
    onRedisError,
  });
  const onError = rateLimitedLog(log, "events not kept", { everyMs: 1_000 });
  return { validate: createEventValidator({ keys: trackKeys, eventLog, react, now, onError }), guestNetwork };
}
