import type { Metrics, Timing } from "@headline/service/metrics";
import type { Request, RequestHandler, Response } from "express";
import { onceOver } from "./exchanges.js";

interface Route {
  readonly path: string;
  readonly methods: Readonly<Record<string, boolean>>;
}

const STATUSES = ["aborted", "1xx", "2xx", "3xx", "4xx", "5xx"] as const;
/** Requests that no route took: of files, and of paths that do not exist. */
const NO_ROUTE: Route = { path: "(none)", methods: {} };

/** Measures the time of answers by the pattern of their route, never by its parameters. */
export function measureRequests(metrics: Metrics): RequestHandler {
  const timings = metrics.timing({
    name: "headline_http_request_seconds",
    help: "From when a request's headers were read until its answer had left, by route and class of status",
    labels: ["method", "route", "status"],
  });
  let inFlight = 0;
  metrics.read({ name: "headline_http_requests_in_flight", help: "Requests that wait", read: () => inFlight });
  const known = new WeakMap<Route, (Timing | undefined)[]>();

  return (req, res, next) => {
    const startedAt = performance.now();
    inFlight += 1;
    onceOver(res, () => {
      inFlight -= 1;
      timingOf(req, res).observeMs(performance.now() - startedAt);
    });
    next();
  };

  function timingOf(req: Request, res: Response): Timing {
    const route = (req.route as Route | undefined) ?? NO_ROUTE;
    const status = res.headersSent ? Math.floor(res.statusCode / 100) : 0;
    let byStatus = known.get(route);
    if (byStatus === undefined) {
      byStatus = [];
      known.set(route, byStatus);
    }
    byStatus[status] ??= timings.of(methodOf(route), route.path, STATUSES[status] ?? "5xx");
    return byStatus[status];
  }
}

function methodOf({ methods }: Route): string {
  return Object.keys(methods)[0]?.toUpperCase() ?? "(any)";
}
