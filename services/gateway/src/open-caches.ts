import type { CloseStack } from "@headline/service/lifecycle";
import { type Log, logError } from "@headline/service/log";
import { Articles } from "./articles/articles.js";
import { CacheInvalidator } from "./changes/cache-invalidator.js";
import { Channels } from "./channels/channels.js";
import type { Links } from "./open-links.js";
import type { Observation } from "./open-observation.js";
import { type AccessTokens, createAccessTokens, type TokenKeys } from "./users/access-tokens.js";
import { Blocks } from "./users/blocks.js";
import { EndedSignIns } from "./users/ended-sign-ins.js";
import { Users } from "./users/users.js";

/** Copies of what MySQL holds, and the invalidator that keeps them true. */
export interface Caches {
  readonly articles: Articles;
  readonly users: Users;
  readonly channels: Channels;
  readonly blocks: Blocks;
  readonly endedSignIns: EndedSignIns;
  readonly invalidator: CacheInvalidator;
  readonly tokens: AccessTokens;
}

interface Deps {
  readonly links: Links;
  readonly observation: Observation;
  readonly resources: CloseStack;
  readonly tokenKeys: TokenKeys;
  readonly now: () => number;
  readonly log: Log;
}

/** Opens the caches; they end with `resources`. */
export function openCaches({ links, observation, resources, tokenKeys, now, log }: Deps): Caches {
  const { mysql, redis, onRedisError } = links;
  const cached = { mysql, redis, onRedisError, onUnreadable: observation.onUnreadable };
  const articles = new Articles(cached);
  const users = new Users(cached);
  const channels = new Channels(cached);
  const endedSignIns = new EndedSignIns();
  const blocks = new Blocks(mysql);
  const invalidator = new CacheInvalidator({
    caches: {
      article: [articles.fragments, articles.contents],
      "article-statistics": [articles.statistics],
      user: [users.profiles],
      "user-statistics": [users.statistics],
    },
    localCaches: [endedSignIns, blocks],
    redis,
    onRedisError,
  });
  resources.defer(() => invalidator[Symbol.dispose]());
  resources.defer(channels.keepLoading(logError(log, "channels not read")));
  const tokens = createAccessTokens(tokenKeys, now, (signInId) => endedSignIns.has(signInId));
  return { articles, users, channels, blocks, endedSignIns, invalidator, tokens };
}
