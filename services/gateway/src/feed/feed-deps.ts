import type { Recommender } from "@headline/recommender";
import type { Redis } from "@headline/redis";
import { type Log, rateLimitedLog } from "@headline/service/log";
import type { Articles } from "../articles/articles.js";
import type { Budgets } from "../budgets.js";
import type { Channels } from "../channels/channels.js";
import type { Authenticate } from "../http/authenticate.js";
import type { Blocks } from "../users/blocks.js";
import { createBreaker } from "./breaker.js";
import type { Fallback } from "./fallback.js";
import { createFeed } from "./feed.js";
import { createHydratePage } from "./hydrate-page.js";
import type { HydratedPage } from "./page.js";
import { PageSessions } from "./page-sessions.js";
import type { FeedDeps } from "./routes.js";

interface Options {
  readonly authenticate: Authenticate;
  readonly recommender: Recommender;
  readonly redis: Redis;
  readonly channels: Channels;
  readonly articles: Articles;
  readonly blocks: Blocks;
  readonly fallback: Fallback;
  readonly budgets: Budgets;
  readonly now: () => number;
  readonly log: Log;
  readonly onPage: (page: HydratedPage) => void;
}

const EACH_SECOND = { everyMs: 1_000 };

/** Makes what the routes of the feed need: both ask the recommender through one breaker. */
export function createFeedDeps(options: Options): FeedDeps {
  const { authenticate, recommender, redis, channels, articles, blocks, fallback, budgets, now, log, onPage } = options;
  const breaker = createBreaker("the recommendation service");
  const { hydrateMs, blocksMs, updatesMs } = budgets;
  const onHydrationError = rateLimitedLog(log, "articles not hydrated", EACH_SECOND);
  const onSessionError = rateLimitedLog(log, "page sessions", EACH_SECOND);
  const sessions = new PageSessions(redis);
  return {
    authenticate,
    channels,
    feed: createFeed({ recommender, breaker, budgets, sessions, fallback, now, onSessionError }),
    hydratePage: createHydratePage({ articles, blocks, fallback, hydrateMs, blocksMs, onHydrationError }),
    now,
    onPage,
    recommender,
    breaker,
    fallback,
    timeoutMs: updatesMs,
  };
}
