import { newestArticleIds } from "@headline/newsroom/articles";
import { followChanges } from "@headline/newsroom/changes";
import { jobsIn, openJobStore } from "@headline/newsroom/jobs";
import { keepPruningReceipts } from "@headline/newsroom/reactions";
import { fillNameKeys } from "@headline/newsroom/users";
import { reachableUrl } from "@headline/service/config";
import { CloseStack } from "@headline/service/lifecycle";
import { type Log, logError, rateLimitedLog } from "@headline/service/log";
import { createApp } from "./app.js";
import { type Budgets, budgetsOf } from "./budgets.js";
import { publishedCounter } from "./feed/count-published.js";
import { Fallback } from "./feed/fallback.js";
import { HotLists } from "./feed/hot-lists.js";
import { LastPages } from "./feed/last-pages.js";
import { logDegraded } from "./feed/log-degraded.js";
import type { GatewayConfig } from "./gateway-config.js";
import { createAuthenticate } from "./http/authenticate.js";
import { serve } from "./http/serve.js";
import { createWriteLimits, WRITE_RATES } from "./http/write-limits.js";
import { type Caches, openCaches } from "./open-caches.js";
import { type Links, openLinks } from "./open-links.js";
import { type Observation, openObservation } from "./open-observation.js";
import { StaticPages } from "./pages/static-pages.js";
import { openPush } from "./push/open-push.js";
import { bindStories } from "./routes.js";
import { startWithOrWithoutMysql } from "./start-without-mysql.js";
import { createStoryDeps } from "./story-deps.js";

export type { GatewayConfig };

export interface RunningGateway extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
}

const GRACE_MS = 200;

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
    const { mysql, redis, subscriber, events } = links;
    const jobStore = openJobStore(mysqlUrl);
    resources.defer(() => jobStore.close());
    resources.defer(keepPruningReceipts(mysql, logError(log, "receipts not pruned")));

    const caches = openCaches({ links, observation, resources, tokenKeys, now, log });
    const { articles, users, channels, blocks, tokens, invalidator, endedSignIns } = caches;
    const { trustProxy = 0, writeRates = WRITE_RATES } = config;
    const writeLimits = createWriteLimits(redis, writeRates);
    const reading = { mysqlUrl, mysqlBudget: budgets.pushing, redis, subscriber, tokens, channels, blocks, now, log };
    const push = openPush({ ...config.push, ...reading, limit: writeLimits.sockets, trustProxy });
    resources.use(push);
    resources.use(
      followChanges({
        mysql,
        subscriber,
        onError: logError(log, "changes not followed"),
        onChanges: (changes, by) => {
          push.push(changes);
          return by === "message" ? invalidator.invalidateLocal(changes) : invalidator.invalidateShared(changes);
        },
      }),
    );
    resources.defer(endedSignIns.keepLoading(mysql, logError(log, "sign-ins that ended not read")));
    void fillNameKeys(mysql).catch(logError(log, "names not compared; a sign-up does it")); // those of older versions
    const { pages, hotLists, fallback } = openFallback({ links, caches, observation, budgets, resources, log });
    const start = await startWithOrWithoutMysql({ channels, pages, jobStore, hotLists, log });
    resources.use(start);

    observation.read({ articles, users, consumer: events.consumer, push });
    let isDraining = false;
    const isReady = () => !isDraining && (start.isWhole || fallback.isWarm);
    const authenticate = createAuthenticate(tokens);
    const jobs = jobsIn(jobStore);
    const stories = { config, budgets, links, caches, observation, authenticate, fallback, pages, jobs, push, isReady };
    const app = createApp({
      routes: bindStories(createStoryDeps(stories), { authenticate, writeLimits }),
      observers: observation.watch,
      budgetMs: budgets.pageMs,
      inFlightMax: config.inFlightMax,
      trustProxy,
      corsOrigins: config.corsOrigins ?? [],
      coverOrigins: config.coverOrigins ?? [],
      compress: config.compress ?? true,
      assets: config.assets ?? [],
      log,
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

interface FallbackDeps {
  readonly links: Links;
  readonly caches: Caches;
  readonly observation: Observation;
  readonly budgets: Budgets;
  readonly resources: CloseStack;
  readonly log: Log;
}

/** Opens what stands in for the recommender and the caches: static pages and hot lists. */
function openFallback({ links, caches, observation, budgets, resources, log }: FallbackDeps) {
  const { mysql, redis, recommender } = links;
  const { articles, channels } = caches;
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
  return { pages, hotLists, fallback };
}
