import type { JobsIn } from "@headline/newsroom/jobs";
import { createSignInLimit } from "@headline/redis/limits";
import { rateLimitedLog } from "@headline/service/log";
import { openTrackKeys } from "@headline/track-token";
import { createArticleDeps } from "./articles/article-deps.js";
import type { Budgets } from "./budgets.js";
import { createMessageLimit, type MessageRate } from "./conversations/message-limit.js";
import { createEventDeps } from "./events/event-deps.js";
import { createGuestNetwork } from "./events/guest-network.js";
import type { Fallback } from "./feed/fallback.js";
import { createFeedDeps } from "./feed/feed-deps.js";
import type { GatewayConfig } from "./gateway-config.js";
import type { Authenticate } from "./http/authenticate.js";
import { createListDeps } from "./lists/list-deps.js";
import type { Caches } from "./open-caches.js";
import type { Links } from "./open-links.js";
import type { Observation } from "./open-observation.js";
import { openApiDocument } from "./openapi/document.js";
import type { PromotionTerms } from "./orders/order-handlers.js";
import type { StaticPages } from "./pages/static-pages.js";
import type { Push } from "./push/open-push.js";
import { STORIES, type StoryDeps } from "./routes.js";
import { createSignUpLimit } from "./users/sign-up-limit.js";

interface Options {
  readonly config: GatewayConfig;
  readonly budgets: Budgets;
  readonly links: Links;
  readonly caches: Caches;
  readonly observation: Observation;
  readonly authenticate: Authenticate;
  readonly fallback: Fallback;
  readonly pages: StaticPages;
  readonly jobs: JobsIn;
  readonly push: Push;
  readonly isReady: () => boolean;
}

const PROMOTION_TERMS: PromotionTerms = { timeoutMs: 30 * 60 * 1_000, slotsPerDay: 20, priceFen: 990 };
const SIGN_UPS_PER_HOUR = 30;
const MESSAGE_RATE: MessageRate = { messages: 20, perSeconds: 10 };
/** During an outage every request fails alike: it is logged once a second. */
const EACH_SECOND = { everyMs: 1_000 };

/** Makes the dependencies of every story from what the gateway has opened. */
export function createStoryDeps(options: Options): StoryDeps {
  const { config, links, caches, observation, pages, push } = options;
  const { log, now = Date.now, coverOrigins = [] } = config;
  const { redis } = links;
  const shared = {
    ...links,
    ...caches,
    ...options,
    now,
    log,
    coverOrigins,
    eventLog: links.events.log,
    trackKeys: openTrackKeys(config.trackSecret, config.trackSecretPrevious),
    onRedisError: rateLimitedLog(log, "Redis was not updated", EACH_SECOND),
  };
  return {
    feed: createFeedDeps({ ...shared, onPage: observation.onPage }),
    articles: createArticleDeps(shared),
    channels: { ...shared, demoAccounts: config.demoAccounts },
    pages: { ...shared, pages },
    comments: {
      ...shared,
      onCommentEventError: rateLimitedLog(log, "a comment did not reach the recommender", EACH_SECOND),
    },
    events: createEventDeps({ ...shared, guestNetwork: createGuestNetwork(config.trackSecret) }),
    users: {
      ...shared,
      signInLimit: createSignInLimit(redis, config.signInRates),
      signUpLimit: createSignUpLimit(redis, config.signUpsPerHour ?? SIGN_UPS_PER_HOUR),
    },
    lists: createListDeps(shared),
    notifications: shared,
    conversations: {
      ...shared,
      messageLimit: createMessageLimit(redis, config.messageRate ?? MESSAGE_RATE),
      notifyRead: push.notifyRead,
    },
    orders: { ...shared, terms: { ...PROMOTION_TERMS, ...config.promotionTerms } },
    operations: {
      isReady: options.isReady,
      metrics: observation.metrics,
      document: () => openApiDocument(STORIES),
    },
  };
}
