import { inFlightGate, mutualTls, openServer } from "@headline/grpc";
import { ifOutage, openMysql, waitForMysql } from "@headline/mysql";
import { followChanges } from "@headline/newsroom/changes";
import { explainService, type Recommend, recommendService, userRecommendService } from "@headline/recommender";
import {
  type NeededCommand,
  namingLogin,
  openRedis,
  reportMissingRights,
  scriptCommands,
  waitForRedis,
} from "@headline/redis";
import type { Tls } from "@headline/service/config";
import { CloseStack, retryUntil } from "@headline/service/lifecycle";
import { type Log, logError, rateLimitedLog, traceIdOf } from "@headline/service/log";
import { openTrackKeys } from "@headline/track-token";
import { CATALOGUE_MAX, loadCatalogue, loadUnknownArticles } from "./catalogue/article-source.js";
import { Catalogue } from "./catalogue/catalogue.js";
import { Channels } from "./catalogue/channels.js";
import { Promotions } from "./catalogue/promotions.js";
import { TitleLoader } from "./catalogue/title-loader.js";
import { createExperiments, LEARNED } from "./feed/experiments.js";
import { FILTERS } from "./feed/feed.js";
import { HistoryStore } from "./history/history-store.js";
import { learnedFeed } from "./learned-feed.js";
import { openLearning } from "./learning/open-learning.js";
import { seenConsumer } from "./learning/seen-consumer.js";
import { createTastes } from "./learning/tastes.js";
import { openObservation } from "./open-observation.js";
import { BlockLists } from "./readers/block-lists.js";
import { FollowGraph } from "./readers/follow-graph.js";
import { readerFactsLoader } from "./readers/reader-facts.js";
import { SeenArticles } from "./readers/seen-articles.js";
import { createChangeHandler } from "./serve/change-handler.js";
import { countRecalls } from "./serve/count-recalls.js";
import { createCountUpdates } from "./serve/count-updates.js";
import { createExplainFeed } from "./serve/explain-feed.js";
import { exposeLearning } from "./serve/learning-metrics.js";
import { countedRecommend, tracedRecommend } from "./serve/observe-recommend.js";
import { createPresent } from "./serve/present.js";
import { createUserRecommend } from "./serve/user-recommend.js";

export interface RecommendationConfig {
  /** Where to listen: `0.0.0.0:50051`, `127.0.0.1:0`, `unix:/run/recommender.sock`. */
  readonly address: string;
  /** Certificates that callers have to match; without them every caller is served. */
  readonly tls?: Tls | undefined;
  /**
   * Where feeds are explained, which shows any reader's interests: an address of its own, or `address` where everybody who
   * calls may see that. With certificates feeds are explained at `address` too.
   */
  readonly explainAddress?: string | undefined;
  /** Whether tools may ask which services and messages there are; yes by default. */
  readonly reflection?: boolean | undefined;
  readonly mysqlUrl: string;
  /** Where changes are published, and histories are kept unless `stateRedisUrl` says otherwise. */
  readonly redisUrl: string;
  /** Holds the readers' histories; must not evict. */
  readonly stateRedisUrl?: string | undefined;
  /** Time limit for a history, ms; 100 by default. */
  readonly redisTimeoutMs?: number;
  /** Time limit for optional facts about a reader (follows, blocks, seen), ms; 100 by default. */
  readonly readerTimeoutMs?: number;
  readonly trackSecret: string;
  readonly trackSecretPrevious?: string | undefined;
  /** The share of readers whose feeds are ranked by the rules alone, to compare with; 0.1 by default. */
  readonly holdout?: number;
  /** Interval of snapshots, ms. */
  readonly snapshotMs?: number;
  readonly log: Log;
  /** Ends the waiting for MySQL. */
  readonly signal?: AbortSignal;
  readonly now?: () => number;
  /** Calls in flight before new ones are refused with RESOURCE_EXHAUSTED. */
  readonly callsMax?: number;
  /** Articles to allocate memory for at once, and readers whose tastes are kept; two million and 200,000 by default. */
  readonly room?: { readonly articles: number; readonly readers: number };
  /** Where metrics are read; nowhere without it. */
  readonly metricsPort?: number | undefined;
  readonly metricsHost?: string | undefined;
  /** A collector of OpenTelemetry, to which spans are sent by OTLP over HTTP. */
  readonly otlpEndpoint?: string | undefined;
}

/** Closing drains first: NOT_SERVING, the calls in flight, then the connections they stood on. */
export interface RunningRecommendation extends AsyncDisposable {
  readonly address: string;
  readonly port: number;
  /** Where feeds are explained, if anywhere. */
  readonly explainAddress: string | undefined;
  /** Where metrics are read, if anywhere. */
  readonly metricsPort: number | undefined;
  /** The same choice for callers in this process. */
  readonly recommend: Recommend;
}

const CALLS_MAX = 2_000;
const REDIS_TIMEOUT_MS = 100;
const HOLDOUT = 0.1;
/** Loading the catalogue reads tens of thousands of rows a statement. */
const BULK = { connectionsMax: 2, acquireTimeoutMs: 10_000, statementTimeoutMs: 30_000 };
/** Default time limit for optional facts, ms, half of it for a connection. */
const READER_MS = 100;

/** Like those of readers' histories: what an ACL has to permit. */
const HISTORY_COMMANDS: readonly NeededCommand[] = [
  ["get", "feed:{0}"],
  ["set", "feed:{0}", ""],
  ["append", "feed:{0}", ""],
  ["setrange", "feed:{0}", "0", ""],
  ["getrange", "feed:{0}", "0", "1"],
  ["pexpire", "feed:{0}", "1"],
  ...scriptCommands("feed:{0}"),
];

/**
 * Opens the service: waits for MySQL, loads the catalogue, follows what changes, and only then listens: without articles it has
 * no answer, and a client passes over an address that does not listen.
 */
export async function openRecommendation(config: RecommendationConfig): Promise<RunningRecommendation> {
  const { address, mysqlUrl, redisUrl, stateRedisUrl = redisUrl, trackSecret, log } = config;
  const { now = Date.now, callsMax = CALLS_MAX, redisTimeoutMs: commandTimeoutMs = REDIS_TIMEOUT_MS } = config;
  const { signal = new AbortController().signal } = config;
  const { readerTimeoutMs: statementTimeoutMs = READER_MS } = config;
  const brief = { acquireTimeoutMs: Math.ceil(statementTimeoutMs / 2), statementTimeoutMs };
  const resources = new CloseStack();
  try {
    const report = rateLimitedLog(log, "Redis", { everyMs: 1_000 });
    const { metricsPort, metricsHost: host, otlpEndpoint } = config;
    const observation = resources.use(await openObservation({ log, host, metricsPort, otlpEndpoint }));
    const { metrics, tracing } = observation;
    const mysql = resources.use(openMysql(mysqlUrl, { ...brief, observe: observation.dependency("mysql") }));
    const bulkMysql = resources.use(openMysql(mysqlUrl, { ...BULK, observe: observation.dependency("mysql-bulk") }));
    const redis = openRedis(stateRedisUrl, {
      commandTimeoutMs,
      onError: namingLogin("REDIS_STATE_URL or REDIS_URL", report),
      observe: observation.dependency("redis"),
    });
    resources.defer(() => redis.disconnect());
    const subscriber = openRedis(redisUrl, { subscriber: true, onError: namingLogin("REDIS_URL", report) });
    resources.defer(() => subscriber.disconnect());
    const onAway = rateLimitedLog(log, "waits for MySQL; does not serve yet", { everyMs: 1_000 });
    await Promise.all([waitForRedis(redis), waitForRedis(subscriber), waitForMysql(mysqlUrl, { signal, onAway })]);

    await reportMissingRights({ redis, variable: "REDIS_STATE_URL or REDIS_URL", commands: HISTORY_COMMANDS, log });

    const catalogue = new Catalogue(now, config.room?.articles ?? 2 * CATALOGUE_MAX);
    const channels = new Channels(bulkMysql);
    const promotions = new Promotions(bulkMysql);
    const titles = new TitleLoader({ mysql: bulkMysql, catalogue, onError: logError(log, "titles") });
    const follows = new FollowGraph(mysql);
    const onUnknownReader = rateLimitedLog(log, "a reader not read; the page does without", { everyMs: 1_000 });
    const blockLists = new BlockLists(mysql);
    const seen = new SeenArticles(mysql, catalogue);
    const sources = {
      followsOf: (userId: bigint) => follows.followsOf(userId),
      blockListOf: (userId: bigint) => blockLists.of(userId),
      seenBy: (userId: bigint) => seen.of(userId),
    };
    const loadReader = readerFactsLoader(sources, onUnknownReader);
    const histories = new HistoryStore(redis, catalogue);
    const recalls = countRecalls(metrics);
    const onRecallFailure = (recall: string, err: unknown) => {
      recalls.failed(recall);
      log.error({ err, recall }, "a recall failed");
    };
    const onUnread = logError(log, "articles of a history not read; they show as they were");

    // The place in the change feed first, then the snapshot: nothing that happens in between is missed.
    resources.use(
      followChanges({
        mysql: bulkMysql,
        subscriber,
        onChanges: createChangeHandler({
          mysql: bulkMysql,
          catalogue,
          channels,
          promotions,
          titles,
          forgetFollows: (userId) => follows.forget(userId),
          forgetBlockList: (userId) => blockLists.forget(userId),
        }),
        onError: logError(log, "changes not followed"),
      }),
    );
    const load = async () => {
      await channels.load();
      await promotions.load();
      await loadCatalogue(bulkMysql, catalogue);
    };
    await retryUntil(load, { signal, onFailure: ifOutage(onAway) });
    log.info({ articles: catalogue.listed }, "catalogue loaded");
    resources.defer(channels.keepLoading(logError(log, "channels not read")));
    resources.defer(promotions.keepLoading(logError(log, "promotions not read")));

    const tastes = createTastes(catalogue, titles, config.room?.readers);
    const learning = resources.use(
      await openLearning({
        mysql: bulkMysql,
        catalogue,
        titleWords: titles.words,
        consumers: [seenConsumer(seen), ...tastes.consumers],
        before: (signal) => titles.load(signal),
        onError: logError(log, "the learning"),
        ...(config.snapshotMs === undefined ? {} : { snapshotMs: config.snapshotMs }),
      }),
    );
    const experiments = createExperiments(config.holdout ?? HOLDOUT);
    const feed = learnedFeed({
      catalogue,
      promotions,
      titleWords: titles.words,
      tastes,
      learner: learning.learner,
      isLearned: (userId) => experiments(userId) === LEARNED,
      measured: recalls.measured,
      onRecallFailure,
    });
    const chosen = createUserRecommend({
      catalogue,
      channels,
      histories,
      now,
      feed,
      present: createPresent(catalogue, openTrackKeys(trackSecret, config.trackSecretPrevious), experiments),
      loadArticles: (articleIds) => loadUnknownArticles(mysql, catalogue, articleIds).catch(onUnread),
      loadReader,
    });
    const counted = countedRecommend(chosen, metrics);
    const recommend = tracing === undefined ? counted : tracedRecommend(counted, tracing);
    exposeLearning(metrics, { mysql: bulkMysql, catalogue, learner: learning.learner });
    const explainFeed = createExplainFeed({
      catalogue,
      channels,
      histories,
      loadReader,
      feed,
      experiments,
      learner: learning.learner,
      interestsOf: tastes.describe,
      now,
    });
    const countUpdates = createCountUpdates({ catalogue, channels, histories, loadReader, now, filters: FILTERS });
    const edge = {
      onBug: (err: unknown, traceparent?: string) =>
        log.error({ err, ...(traceparent !== undefined && { trace_id: traceIdOf(traceparent) }) }, "a call failed"),
      gate: inFlightGate(callsMax),
      observe: observation.onCall,
    };
    const { explainAddress, reflection } = config;
    const security = { credentials: config.tls && mutualTls(config.tls), reflection };
    const explaining = explainService(explainFeed, edge);
    const isExplainedHere = config.tls !== undefined || explainAddress === address;
    const explainServer =
      explainAddress === undefined || explainAddress === address
        ? undefined
        : resources.use(await openServer({ address: explainAddress, services: [explaining], ...security }));
    const server = await openServer({
      address,
      services: [
        userRecommendService(recommend, edge),
        recommendService({ recommend, countUpdates }, edge),
        ...(isExplainedHere ? [explaining] : []),
      ],
      ...security,
    });
    resources.use(server);
    const explainedAt = explainServer?.address ?? (isExplainedHere ? server.address : undefined);
    const { metricsPort: metrics_port } = observation;
    log.info({ address: server.address, explain_address: explainedAt, metrics_port }, "recommendation listens");
    return {
      address: server.address,
      port: server.port,
      explainAddress: explainedAt,
      metricsPort: observation.metricsPort,
      recommend,
      [Symbol.asyncDispose]: () => resources.close(),
    };
  } catch (error) {
    await resources.close();
    throw error;
  }
}
