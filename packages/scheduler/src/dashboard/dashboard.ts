import { randomBytes } from "node:crypto";
import express, { type Request, type Router } from "express";
import { checkKnown, type OptionNames } from "../core/known-options.js";
import { serveAsset } from "./assets.js";
import type { DashboardScheduler } from "./dashboard-scheduler.js";
import { type Authorize, admitVisitor, onlyLoopback } from "./http/authorize.js";
import { csrfGuard } from "./http/csrf.js";
import { secureHeaders } from "./http/headers.js";
import { NotFoundProblem } from "./http/problem.js";
import { LiveFeed } from "./live/live-feed.js";
import type { PageLink } from "./pages/parts.js";
import { summaryReader } from "./reading/summary.js";
import { addActionRoutes } from "./routes/action-routes.js";
import { addApiRoutes } from "./routes/api-routes.js";
import { addPageRoutes } from "./routes/page-routes.js";
import { refusals } from "./routes/refusals.js";
import type { RouteContext } from "./routes/route-context.js";

const OPTIONS: OptionNames<DashboardOptions> = {
  authorize: true,
  basePath: true,
  title: true,
  links: true,
  csrfSecret: true,
  readOnly: true,
  signal: true,
  maxStreams: true,
  onError: true,
};

/** Options of the dashboard. */
export interface DashboardOptions {
  /** Access control by action. Default: this machine alone, with all actions. */
  readonly authorize?: Authorize;
  /** Path of the dashboard in browsers, when a proxy in front strips a part of it. Default: the mount path. */
  readonly basePath?: string;
  /** Title of the pages. Default "Scheduler". */
  readonly title?: string;
  /** Links to other pages of the site, in the navigation. */
  readonly links?: readonly PageLink[];
  /** Secret that signs the forms; the same for all processes behind one address. Default: a random one at each start. */
  readonly csrfSecret?: string | Buffer;
  /** Refuses every action. */
  readonly readOnly?: boolean;
  /** Ends the event streams when it aborts, so that `server.close()` need not wait for them. */
  readonly signal?: AbortSignal;
  /** Event streams at once; 50 by default. */
  readonly maxStreams?: number;
  /** Listener for unexpected errors, those of a 500. Default: none. */
  readonly onError?: (error: unknown) => void;
}

/** Router of the dashboard; `close` ends its event streams before a server closes, as the scheduler's shutdown does. */
export type Dashboard = Router & { close(): void };

/** Makes a router with pages for operators, a JSON API below `/api`, and live events: `app.use("/scheduler", dashboard(scheduler, { authorize }))`. */
export function dashboard(scheduler: DashboardScheduler, options: DashboardOptions = {}): Dashboard {
  checkKnown<DashboardOptions>(options, OPTIONS, "dashboard");
  const context = routeContext(scheduler, options);
  const feed = new LiveFeed(scheduler, { maxClients: options.maxStreams });
  const router = express.Router() as Dashboard;

  router.use(secureHeaders);
  router.get("/assets/:file", serveAsset);
  router.use(admitVisitor(context.authorize, context.readOnly));
  addPageRoutes(router, context);
  router.get("/events", (req, res) => (req.method === "HEAD" ? void res.end() : feed.open(res)));
  addApiRoutes(router, context);
  addActionRoutes(router, context);
  router.use((req) => {
    throw new NotFoundProblem(`there is no ${req.method} ${req.path}`);
  });
  router.use(refusals({ ...context, onError: options.onError }));

  router.close = () => feed[Symbol.dispose]();
  if (options.signal?.aborted) router.close();
  else options.signal?.addEventListener("abort", router.close, { once: true });
  return router;
}

function routeContext(scheduler: DashboardScheduler, options: DashboardOptions): RouteContext {
  const { authorize = onlyLoopback, title = "Scheduler", links = [], readOnly = false } = options;
  const basePath = options.basePath?.replace(/\/+$/, "");
  const baseOf = (req: Request) => basePath ?? req.baseUrl.replace(/^\/{2,}/, "/");
  const guard = csrfGuard({ secret: options.csrfSecret ?? randomBytes(32), baseOf });
  return { scheduler, title, links, baseOf, guard, authorize, readOnly, currentSummary: summaryReader(scheduler) };
}
