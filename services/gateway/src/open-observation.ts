import type { EventConsumer } from "@headline/newsroom/events";
import { CloseStack } from "@headline/service/lifecycle";
import type { Log } from "@headline/service/log";
import {
  answerMetrics,
  countDependencies,
  countUnreadable,
  listenForMetrics,
  Metrics,
  type ObserveDependency,
  type OnUnreadable,
  readCaches,
} from "@headline/service/metrics";
import { openTracing, type Tracing } from "@headline/service/tracing";
import type { RequestHandler } from "express";
import type { Articles } from "./articles/articles.js";
import { countPages } from "./feed/count-pages.js";
import type { HydratedPage } from "./feed/page.js";
import { measureRequests } from "./http/measure-requests.js";
import { traceRequests } from "./http/trace-requests.js";
import type { Push } from "./push/open-push.js";
import type { Users } from "./users/users.js";

interface Options {
  readonly log: Log;
  readonly host: string;
  /** Where metrics are read; the gateway's own port, at /metrics, without it. */
  readonly metricsPort?: number | undefined;
  /** Where spans are sent to, by OTLP over HTTP; nowhere without it. */
  readonly otlpEndpoint?: string | undefined;
}

interface Readable {
  readonly articles: Articles;
  readonly users: Users;
  readonly consumer: EventConsumer;
  readonly push: Push;
}

/** Metrics and tracing hooks. */
export interface Observation extends AsyncDisposable {
  readonly dependency: (name: string) => ObserveDependency;
  readonly tracing: Tracing | undefined;
  /** Handlers ahead of every route. */
  readonly watch: readonly RequestHandler[];
  readonly onPage: (page: HydratedPage) => void;
  readonly onUnreadable: OnUnreadable;
  /** Answers GET /metrics, unless another port does. */
  readonly metrics: RequestHandler | undefined;
  /** Says at every scrape what these know. */
  read(parts: Readable): void;
}

export async function openObservation({ log, host, metricsPort, otlpEndpoint }: Options): Promise<Observation> {
  const resources = new CloseStack();
  const metrics = new Metrics("gateway");
  metrics.readProblems(log);
  const tracing = await openTracing("gateway", otlpEndpoint);
  if (tracing !== undefined) resources.use(tracing);
  if (metricsPort !== undefined) resources.use(await listenForMetrics(metrics, { port: metricsPort, host }));
  return {
    dependency: countDependencies(metrics),
    tracing,
    watch: [measureRequests(metrics), ...(tracing === undefined ? [] : [traceRequests(tracing)])],
    onPage: countPages(metrics),
    onUnreadable: countUnreadable(metrics, log),
    metrics: metricsPort === undefined ? answerMetrics(metrics) : undefined,
    read(parts) {
      readParts(metrics, parts);
    },
    [Symbol.asyncDispose]: () => resources.close(),
  };
}

function readParts(metrics: Metrics, { articles, users, consumer, push }: Readable): void {
  readCaches(metrics, {
    item: articles.items,
    article: articles.fragments,
    "article-content": articles.contents,
    "article-statistics": articles.statistics,
    user: users.profiles,
    "user-statistics": users.statistics,
  });
  metrics.read({ name: "headline_open_sockets", help: "Sockets that are open", read: () => push.sockets });
  metrics.read({
    name: "headline_event_lag_entries",
    help: "Uploads of events that wait in Redis to land in MySQL",
    read: async () => (await consumer.lag()).entries,
  });
  metrics.read({
    name: "headline_event_lag_seconds",
    help: "For how long the oldest of them has waited",
    read: async () => (await consumer.lag()).oldestMs / 1_000,
  });
}
