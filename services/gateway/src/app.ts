import type { Log } from "@headline/service/log";
import express, { type Express, type RequestHandler } from "express";
import { admissionByKind } from "./http/admission.js";
import { compress } from "./http/compress.js";
import { cors } from "./http/cors.js";
import { boundPipelining } from "./http/exchanges.js";
import { plainFraming } from "./http/framing.js";
import { serveHotRoute } from "./http/hot-route.js";
import { type MountedRoute, mountProbes, mountRoutes } from "./http/mount.js";
import { parseQuery } from "./http/parse-query.js";
import { plainEtags } from "./http/plain-etags.js";
import { notFound, problems } from "./http/problem.js";
import { identifyRequest } from "./http/request-id.js";
import { staticFiles } from "./http/static-files.js";

export interface AppOptions {
  /** The route table, bound to its dependencies. */
  readonly routes: readonly MountedRoute[];
  /** Handlers that measure and trace requests, ahead of everything but probes. */
  readonly observers: readonly RequestHandler[];
  /** Limit for an answer. */
  readonly budgetMs: number;
  /** Limit for requests in flight; those beyond it are refused. */
  readonly inFlightMax?: number | undefined;
  /** Number of proxies in front of the gateway that extend X-Forwarded-For. */
  readonly trustProxy: number;
  /** Origins whose pages may read answers and send requests. */
  readonly corsOrigins: readonly string[];
  /** Other sites whose covers the pages show. */
  readonly coverOrigins: readonly string[];
  /** Whether answers are compressed here, and not by a proxy in front. */
  readonly compress: boolean;
  /** Folders of files that are served as they are. */
  readonly assets: readonly string[];
  readonly log: Log;
}

const IN_FLIGHT_MAX = 2_000;
const UNANSWERED_MAX = 32;

/** Mounts the route table between what every request passes and what answers the rest. */
export function createApp(options: AppOptions): Express {
  const { routes, observers, budgetMs, inFlightMax = IN_FLIGHT_MAX, coverOrigins } = options;
  const app = express();
  app.disable("x-powered-by");
  app.disable("etag");
  app.set("query parser", parseQuery);
  app.set("trust proxy", options.trustProxy);

  const atOnce = [identifyRequest, cors(options.corsOrigins), boundPipelining(UNANSWERED_MAX)];
  const counted = [
    ...observers,
    plainFraming,
    admissionByKind(inFlightMax, budgetMs),
    plainEtags,
    ...(options.compress ? [compress()] : []),
  ];
  const onError = problems(options.log);

  app.use(...atOnce);
  mountProbes(app, routes);
  app.use(...counted);
  mountRoutes(app, routes);
  for (const folder of options.assets) app.use(staticFiles(folder, coverOrigins));
  app.use(notFound, onError);
  const hot = routes.find((route) => route.hot);
  if (hot !== undefined) serveHotRoute(app, hot, { ahead: [...atOnce, ...counted], onError });
  return app;
}
