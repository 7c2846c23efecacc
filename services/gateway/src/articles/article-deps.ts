import type { Mysql } from "@headline/mysql";
import type { JobsIn } from "@headline/newsroom/jobs";
import { type Log, rateLimitedLog } from "@headline/service/log";
import type { TrackKeys } from "@headline/track-token";
import type { CacheInvalidator } from "../changes/cache-invalidator.js";
import type { Channels } from "../channels/channels.js";
import type { Blocks } from "../users/blocks.js";
import type { Users } from "../users/users.js";
import type { Articles } from "./articles.js";
import { createPublisher } from "./publisher.js";
import type { ArticleDeps } from "./routes.js";
import { createSimilar } from "./similar.js";

interface Options {
  readonly mysql: Mysql;
  readonly articles: Articles;
  readonly users: Users;
  readonly channels: Channels;
  readonly blocks: Blocks;
  readonly invalidator: CacheInvalidator;
  readonly jobs: JobsIn;
  readonly trackKeys: TrackKeys;
  readonly now: () => number;
  readonly log: Log;
  readonly onRedisError: (error: unknown) => void;
}

const EACH_SECOND = { everyMs: 1_000 };

/** Makes what the routes of articles need: a publisher, and the index of similar titles. */
export function createArticleDeps(options: Options): ArticleDeps {
  const { mysql, articles, users, channels, blocks, invalidator, jobs, trackKeys, now, log, onRedisError } = options;
  return {
    mysql,
    articles,
    channels,
    blocks,
    keys: trackKeys,
    now,
    publisher: createPublisher({ mysql, jobs, invalidator, userStatistics: users.statistics, onRedisError }),
    similar: createSimilar(mysql),
    onSimilarError: rateLimitedLog(log, "similar articles", EACH_SECOND),
    onViewerError: rateLimitedLog(log, "what a reader did", EACH_SECOND),
  };
}
