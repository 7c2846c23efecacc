import { newestArticleIds } from "@headline/newsroom/articles";
import { followChanges } from "@headline/newsroom/changes";
import { jobsIn, openJobStore } from "@headline/newsroom/jobs";
import { keepPruningReceipts } from "@headline/newsroom/reactions";
import { fillNameKeys } from "@headline/newsroom/users";
import type { Recommender } from "@headline/recommender";
import { createSignInLimit, type SignInRates } from "@headline/redis/limits";
import { reachableUrl, type Tls } from "@headline/service/config";
import { CloseStack } from "@headline/service/lifecycle";
import { type Log, logError, rateLimitedLog } from "@headline/service/log";
import { openTrackKeys } from "@headline/track-token";
import { createApp } from "./app.js";
import { Articles } from "./articles/articles.js";
import { type Budgets, budgetsOf } from "./budgets.js";
import { Announcer } from "./changes/announcer.js";
import { Channels } from "./channels/channels.js";
import { createMessageLimit, type MessageRate } from "./conversations/message-limit.js";
import { createGuestNetwork } from "./events/guest-network.js";
import { publishedCounter } from "./feed/count-published.js";
import { Fallback } from "./feed/fallback.js";
import { HotLists } from "./feed/hot-lists.js";
import { LastPages } from "./feed/last-pages.js";
import { logDegraded } from "./feed/log-degraded.js";
import { serve } from "./http/serve.js";
import { createWriteLimits, WRITE_RATES, type WriteRates } from "./http/write-limits.js";
import { openLinks } from "./open-links.js";
import { openObservation } from "./open-observation.js";
import type { PromotionTerms } from "./orders/order-handlers.js";
import { StaticPages } from "./pages/static-pages.js";
import { openPush, type PushOptions } from "./push/open-push.js";
import { startWithOrWithoutMysql } from "./start-without-mysql.js";
import { createAccessTokens, type TokenKeys } from "./users/access-tokens.js";
import { Blocks } from "./users/blocks.js";
import { EndedSignIns } from "./users/ended-sign-ins.js";
import { createSignUpLimit } from "./users/sign-up-limit.js";
import { Users } from "./users/users.js";

export interface GatewayConfig {
  readonly host?: string;
  readonly port: number;
  readonly mysqlUrl: string;
  readonly redisUrl: string;
  /** Holds events until they have landed in MySQL, if it keeps what it acknowledges; the same as `redisUrl` unless given. */
  readonly stateRedisUrl?: string | undefined;
  /** A grpc-js target: `dns:///recommendation:50051`, `ipv4:10.0.0.1:50051,10.0.0.2:50051`, `unix:/run/recommender.sock`. */
  readonly recommenderAddress: string;
  /** What both ends of the way to the recommender prove themselves with; in the open without. */
  readonly tls?: Tls | undefined;
  /** Whom the recommender's certificate names, if not the host of its address. */
  readonly tlsServerName?: string | undefined;
  /** Another way to the recommender than gRPC at that address. */
  readonly recommender?: Recommender;
  readonly tokenKeys: TokenKeys;
  /** What the recommender signs tracking tokens with, and while rotating the secret before. */
  readonly trackSecret: string;
  readonly trackSecretPrevious?: string | undefined;
  readonly log: Log;
  readonly now?: () => number;
  readonly promotionTerms?: Partial<PromotionTerms>;
  readonly push?: PushOptions;
  /** What one user may write to others. */
  readonly messageRate?: MessageRate;
  /** Wrong passwords for a name, and from an address. */
  readonly signInRates?: Partial<SignInRates>;
  /** Sign-ups from an address. */
  readonly signUpsPerHour?: number;
  /** Writes of a reader and of a network, WRITE_RATES by default; no limits at all where it is "off". */
  readonly writeRates?: WriteRates | "off" | undefined;
  /** How many proxies stand before this gateway, whose X-Forwarded-For says who asks; without one the connection says it. */
  readonly trustProxy?: number;
  /** Pages of other sites that may read answers and send requests: `https://news.example`. */
  readonly corsOrigins?: readonly string[];
  /** Other sites whose covers the pages show; none by default. */
  readonly coverOrigins?: readonly string[];
  /** Whether answers are compressed here; a proxy in front may do it instead. */
  readonly compress?: boolean;
  readonly assets?: readonly string[];
  /** Names of accounts with a password that visitors may know; the page names them. */
  readonly demoAccounts?: readonly string[];
  /** Requests answered at once; what comes beyond is refused with 503. */
  readonly inFlightMax?: number;
  /** Budget of an answer, of which each dependency has a share (budgets.ts); 800 by default. */
  readonly pageBudgetMs?: number;
  /** Shares other than those of that budget. */
  readonly budgets?: Budgets | undefined;
  /** How long a draining gateway goes on serving, so that balancers notice /readyz first. */
  readonly graceMs?: number;
  /** Limit for a connection without progress while an answer is owed: its client does not read. */
  readonly stallTimeoutMs?: number;
  /** Where metrics are read; this gateway's own port, at /metrics, without it. */
  readonly metricsPort?: number | undefined;
  /** A collector of OpenTelemetry, to which spans are sent by OTLP over HTTP. */
  readonly otlpEndpoint?: string | undefined;
}

export interface RunningGateway extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
}

const GRACE_MS = 200;
const PROMOTION_TERMS: PromotionTerms = { timeoutMs: 30 * 60 * 1_000, slotsPerDay: 20, priceFen: 990 };
const SIGN_UPS_PER_HOUR = 30;
const MESSAGE_RATE: MessageRate = { messages: 20, perSeconds: 10 };

/**
 * Opens the gateway: connects, warms what degraded feeds are made of, and only then listens. What cannot be read by then,
 * because MySQL or Redis is away, comes when they do (docs/decisions/0025-a-gateway-starts-with-what-there-is.md).
 */
export async function openGateway(config: GatewayConfig): Promise<RunningGateway> {
  const { host = "0.0.0.0", port, mysqlUrl, tokenKeys, log, now = Date.now } = config;
  const resources = new CloseStack();
  try {
    const { metricsPort, otlpEndpoint } = config;
    const observation = resources.use(await openObservation({ log, host, metricsPort, otlpEndpoint }));
    const budgets = config.budgets ?? budgetsOf(config.pageBudgetMs);
    const links = await openLinks(config, budgets, observation, resources);
    const { mysql, redis, subscriber, limitRedis, recommender, events, onRedisError } = links;
    const { log: eventLog, consumer } = events;
    const jobStore = openJobStore(mysqlUrl);
    resources.defer(() => jobStore.close());
    resources.defer(keepPruningReceipts(mysql, logError(log, "receipts not pruned")));

    const cached = { mysql, redis, onRedisError, onUnreadable: observation.onUnreadable };
    const articles = new Articles(cached);
    const users = new Users(cached);
    const channels = new Channels(cached);
    const endedSignIns = new EndedSignIns();
    const blocks = new Blocks(mysql);
    const announcer = new Announcer({ articles, users, endedSignIns, blocks, redis, onRedisError });
    resources.defer(() => announcer[Symbol.dispose]());
    resources.defer(channels.keepLoading(logError(log, "channels not read")));
    const tokens = createAccessTokens(tokenKeys, now, (signInId) => endedSignIns.has(signInId));
    const { trustProxy = 0, writeRates = WRITE_RATES } = config;
    const writeLimits = createWriteLimits(limitRedis, writeRates);
    const reading = { mysqlUrl, mysqlBudget: budgets.pushing, redis, subscriber, tokens, channels, blocks, now, log };
    const push = openPush({ ...config.push, ...reading, limit: writeLimits.sockets, trustProxy });
    resources.use(push);
    resources.use(
      followChanges({
        mysql,
        subscriber,
        onError: logError(log, "changes not followed"),
        onChanges: (changes, by) => {
          push.tell(changes);
          return by === "message" ? announcer.forgetHere(changes) : announcer.forget(changes);
        },
      }),
    );
    resources.defer(endedSignIns.keepLoading(mysql, logError(log, "sign-ins that ended not read")));
    void fillNameKeys(mysql).catch(logError(log, "names not compared; a sign-up does it")); // those of before
    const pages = new StaticPages({
      mysql,
      redis,
      onError: rateLimitedLog(log, "static pages not read", { everyMs: 60_000 }),
      onUnreadable: observation.onUnreadable,
    });
    resources.use(pages);
    const hotLists = new HotLists({
      recommender,
      timeoutMs: budgets.hotListMs,
      articles,
      channelIds: () => channels.ids(),
      newest: (channelId, count) => newestArticleIds(mysql, channelId, count),
      onError: rateLimitedLog(log, "a hot list was not refreshed", { everyMs: 1_000 }),
    });
    resources.use(hotLists);
    const fallback = new Fallback({
      lastPages: new LastPages(),
      hotLists,
      staticLists: pages.lists,
      countPublished: publishedCounter(mysql),
      onDegraded: logDegraded(log),
    });

    const start = await startWithOrWithoutMysql({ channels, pages, jobStore, hotLists, log });
    resources.use(start);

    observation.read({ articles, users, consumer, push });
    let isDraining = false;
    const app = createApp({
      watch: observation.watch,
      metrics: observation.metrics,
      onPage: observation.onPage,
      mysql,
      redis,
      recommender,
      articles,
      users,
      channels,
      blocks,
      fallback,
      pages,
      tokens,
      announcer,
      jobs: jobsIn(jobStore),
      eventLog,
      trackKeys: openTrackKeys(config.trackSecret, config.trackSecretPrevious),
      messageLimit: createMessageLimit(limitRedis, config.messageRate ?? MESSAGE_RATE),
      signInLimit: createSignInLimit(limitRedis, config.signInRates),
      signUpLimit: createSignUpLimit(limitRedis, config.signUpsPerHour ?? SIGN_UPS_PER_HOUR),
      writeLimits,
      guestNetwork: createGuestNetwork(config.trackSecret),
      trustProxy,
      tellRead: push.tellRead,
      promotionTerms: { ...PROMOTION_TERMS, ...config.promotionTerms },
      now,
      log,
      isReady: () => !isDraining && (start.isWhole || fallback.isWarm),
      budgets,
      inFlightMax: config.inFlightMax,
      corsOrigins: config.corsOrigins ?? [],
      coverOrigins: config.coverOrigins ?? [],
      compress: config.compress ?? true,
      assets: config.assets ?? [],
      demoAccounts: config.demoAccounts,
    });
    const server = await serve(app, {
      host,
      port,
      graceMs: config.graceMs ?? GRACE_MS,
      stallTimeoutMs: config.stallTimeoutMs,
      push,
      onDrain: () => {
        isDraining = true;
      },
    });
    resources.use(server);
    log.info({ port: server.port }, "gateway listens");
    return {
      url: reachableUrl(host, server.port),
      port: server.port,
      [Symbol.asyncDispose]: () => resources.close(),
    };
  } catch (error) {
    await resources.close();
    throw error;
  }
}
