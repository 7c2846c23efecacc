import { followChanges } from "@headline/change-feed";
import { CloseStack } from "@headline/lifecycle";
import { openMysql } from "@headline/mysql";
import { gathered, type Log, logged } from "@headline/observability";
import { openRedis, waitForRedis } from "@headline/redis";
import { inFlightGate, openServer, recommendService, userRecommendService } from "@headline/rpc";
import { openTrackKeys } from "@headline/track-token";
import { CATALOGUE_MAX, learnArticles, loadCatalogue } from "./catalogue/article-source.js";
import { Catalogue } from "./catalogue/catalogue.js";
import { Channels } from "./catalogue/channels.js";
import { Promotions } from "./catalogue/promotions.js";
import { createChangeHandler } from "./change-handler.js";
import { createCountUpdates } from "./count-updates.js";
import { FILTERS, homeFeed } from "./feed/feed.js";
import { HistoryStore } from "./history/history-store.js";
import { createPresent } from "./present.js";
import { FollowGraph, followsOrNobody } from "./readers/follow-graph.js";
import { createUserRecommend } from "./user-recommend.js";

export interface RecommendationConfig {
  /** Where to listen: `0.0.0.0:50051`, `127.0.0.1:0`, `unix:/run/recommender.sock`. */
  readonly address: string;
  readonly mysqlUrl: string;
  /** Where changes are told, and histories are kept unless `stateRedisUrl` says otherwise. */
  readonly redisUrl: string;
  /** Holds the readers' histories; must not evict. */
  readonly stateRedisUrl?: string | undefined;
  readonly trackSecret: string;
  readonly trackSecretPrevious?: string | undefined;
  readonly log: Log;
  readonly now?: () => number;
  /** Calls in flight before new ones are refused with RESOURCE_EXHAUSTED. */
  readonly callsMax?: number;
}

/** Closing drains first: NOT_SERVING, the calls in flight, then the connections they stood on. */
export interface RunningRecommendation extends AsyncDisposable {
  readonly address: string;
  readonly port: number;
}

const CALLS_MAX = 2_000;
/** Loading the catalogue reads tens of thousands of rows a statement. */
const BULK = { connectionsMax: 2, acquireTimeoutMs: 10_000, statementTimeoutMs: 30_000 };
/** What a page can do without is not waited for long. */
const BRIEF = { acquireTimeoutMs: 50, statementTimeoutMs: 100 };

/** Opens the service: connects, loads the catalogue, follows what changes, and only then listens. */
export async function openRecommendation(config: RecommendationConfig): Promise<RunningRecommendation> {
  const { address, mysqlUrl, redisUrl, stateRedisUrl = redisUrl, trackSecret, log } = config;
  const { now = Date.now, callsMax = CALLS_MAX } = config;
  const resources = new CloseStack();
  try {
    const onRedisError = gathered(log, "Redis", { everyMs: 1_000 });
    const mysql = resources.use(openMysql(mysqlUrl, BRIEF));
    const bulkMysql = resources.use(openMysql(mysqlUrl, BULK));
    const redis = openRedis(stateRedisUrl, { scripts: HistoryStore.scripts, onError: onRedisError });
    resources.defer(() => redis.disconnect());
    const subscriber = openRedis(redisUrl, { subscriber: true, onError: onRedisError });
    resources.defer(() => subscriber.disconnect());
    await Promise.all([waitForRedis(redis), waitForRedis(subscriber)]);

    const catalogue = new Catalogue(now, 2 * CATALOGUE_MAX);
    const channels = new Channels(bulkMysql);
    const promotions = new Promotions(bulkMysql);
    const follows = new FollowGraph(mysql);
    const histories = new HistoryStore(redis, catalogue);
    const onRecallFailure = (recall: string, err: unknown) => log.error({ err, recall }, "a recall failed");
    const onUnlearned = logged(log, "articles of a history not read; they show as they were");
    const onUnknownFollows = gathered(log, "follows not read; the page does without them", { everyMs: 1_000 });

    // The place in the change feed first, then the snapshot: nothing that happens in between is missed.
    resources.use(
      await followChanges({
        mysql: bulkMysql,
        subscriber,
        onChanges: createChangeHandler({
          mysql: bulkMysql,
          catalogue,
          channels,
          promotions,
          forgetFollows: (userId) => follows.forget(userId),
        }),
        onError: logged(log, "changes not followed"),
      }),
    );
    await channels.load();
    resources.defer(channels.keepLoading(logged(log, "channels not read")));
    await promotions.load();
    resources.defer(promotions.keepLoading(logged(log, "promotions not read")));
    await loadCatalogue(bulkMysql, catalogue);
    log.info({ articles: catalogue.listed }, "catalogue loaded");

    const recommend = createUserRecommend({
      catalogue,
      channels,
      histories,
      now,
      feed: homeFeed(catalogue, onRecallFailure, promotions),
      present: createPresent(catalogue, openTrackKeys(trackSecret, config.trackSecretPrevious)),
      learn: (articleIds) => learnArticles(mysql, catalogue, articleIds).catch(onUnlearned),
      followsOf: followsOrNobody(follows, onUnknownFollows),
    });
    const countUpdates = createCountUpdates({ catalogue, channels, histories, now, filters: FILTERS });
    const edge = {
      onBug: (err: unknown) => log.error({ err }, "a call failed"),
      gate: inFlightGate(callsMax),
    };
    const server = await openServer({
      address,
      services: [userRecommendService(recommend, edge), recommendService({ recommend, countUpdates }, edge)],
    });
    log.info({ address: server.address }, "recommendation listens");
    resources.use(server);
    return { address: server.address, port: server.port, [Symbol.asyncDispose]: () => resources.close() };
  } catch (error) {
    await resources.close();
    throw error;
  }
}
