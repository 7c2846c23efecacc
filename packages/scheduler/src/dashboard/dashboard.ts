import { randomBytes } from "node:crypto";
import express, {
  type ErrorRequestHandler,
  type Request,
  type RequestHandler,
  type Response,
  type Router,
} from "express";
import { checkKnown, type OptionNames } from "../core/known-options.js";
import { cancelRun, type Done, JOB_ACTIONS, type JobAction, jobActions, type Target, targetOf } from "./actions.js";
import { ASSET_VERSION, serveAsset } from "./assets.js";
import type { DashboardScheduler } from "./dashboard-scheduler.js";
import type { Html } from "./html.js";
import {
  ACTIONS,
  type Authorize,
  admitVisitor,
  type DashboardAction,
  mustBeAllowed,
  onlyLoopback,
  visitorOf,
} from "./http/authorize.js";
import { readBody, textField } from "./http/body.js";
import { type CsrfGuard, csrfGuard } from "./http/csrf.js";
import { secureHeaders } from "./http/headers.js";
import { NotFoundProblem, type Problem, problemOf, sendProblem } from "./http/problem.js";
import { executionStatesParameter, jobStateParameter, limitParameter, parameter, timeParameter } from "./http/query.js";
import { LiveFeed } from "./live/live-feed.js";
import { executionPage, executionsPage } from "./pages/executions-page.js";
import { type JobPageParts, jobPage, removePage } from "./pages/job-page.js";
import { jobsPage } from "./pages/jobs-page.js";
import { NOTICES } from "./pages/layout.js";
import { nodesPage } from "./pages/nodes-page.js";
import type { PageLink, Visit } from "./pages/parts.js";
import { refusalPage } from "./pages/refusal-page.js";
import { timelinePage } from "./pages/timeline-page.js";
import { paths } from "./paths.js";
import { type ExecutionsQuery, readExecution, readExecutions } from "./reading/executions.js";
import { type JobRow, type JobsQuery, readJob, readJobs } from "./reading/jobs.js";
import { readNodes } from "./reading/nodes.js";
import { summaryReader } from "./reading/summary.js";
import { readTimeline } from "./reading/timeline.js";
import { wireExecution, wireJob, wireNode, wireTimeline } from "./wire.js";

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

const PAGE_ROWS = 50;
const UPCOMING = 5;

/** Makes a router with pages for operators, a JSON API below `/api`, and live events: `app.use("/scheduler", dashboard(scheduler, { authorize }))`. */
export function dashboard(scheduler: DashboardScheduler, options: DashboardOptions = {}): Dashboard {
  checkKnown<DashboardOptions>(options, OPTIONS, "dashboard");
  const { authorize = onlyLoopback, title = "Scheduler", readOnly = false, signal } = options;
  const feed = new LiveFeed(scheduler, { maxClients: options.maxStreams });
  const basePath = options.basePath?.replace(/\/+$/, "");
  const baseOf = (req: Request) => basePath ?? req.baseUrl.replace(/^\/{2,}/, "/");
  const guard = csrfGuard({ secret: options.csrfSecret ?? randomBytes(32), baseOf });
  const place = { title, baseOf };
  const currentSummary = summaryReader(scheduler);
  const { links = [] } = options;
  const page = pageSender({ scheduler, guard, links, ...place });
  const router = express.Router() as Dashboard;

  router.use(secureHeaders);
  router.get("/assets/:file", serveAsset);
  router.use(admitVisitor(authorize, readOnly));

  router.get(
    "/",
    page(async (req, visit) => {
      const query = jobsQuery(req);
      const [jobs, summary] = await Promise.all([readJobs(scheduler, query), currentSummary()]);
      return jobsPage(visit, jobs, query, summary);
    }),
  );
  router.get(
    "/jobs/:store/:id",
    page(async (req, visit) => jobPage(visit, await jobPageParts(scheduler, targetOf(req)))),
  );
  router.get(
    "/jobs/:store/:id/remove",
    page(async (req, visit) => removePage(visit, await rowOf(scheduler, targetOf(req)))),
  );
  router.get(
    "/executions",
    page(async (req, visit) => {
      const query = executionsQuery(req, scheduler.timezone);
      const [executions, summary] = await Promise.all([readExecutions(scheduler, query), currentSummary()]);
      return executionsPage(visit, executions, query, summary);
    }),
  );
  router.get(
    "/executions/:store/:id",
    page(async (req, visit) => {
      const { store, id } = targetOf(req);
      return executionPage(visit, await readExecution(scheduler, store, id));
    }),
  );
  router.get(
    "/timeline",
    page(async (req, visit) => {
      const store = parameter(req, "store");
      const [timeline, summary] = await Promise.all([readTimeline(scheduler, { store }), currentSummary()]);
      return timelinePage(visit, timeline, store, summary);
    }),
  );
  router.get(
    "/nodes",
    page(async (_req, visit) => {
      const [nodes, summary] = await Promise.all([readNodes(scheduler), currentSummary()]);
      return nodesPage(visit, nodes, summary);
    }),
  );
  router.get("/events", (req, res) => (req.method === "HEAD" ? void res.end() : feed.open(res)));

  router.get(
    "/api/jobs",
    json(async (req) => {
      const { rows, ...rest } = await readJobs(scheduler, jobsQuery(req));
      return { jobs: rows.map(wireJob), ...rest };
    }),
  );
  router.get(
    "/api/jobs/:store/:id",
    json(async (req) => wireJob(await rowOf(scheduler, targetOf(req)))),
  );
  router.get(
    "/api/executions",
    json(async (req) => {
      const { rows, ...rest } = await readExecutions(scheduler, executionsQuery(req, scheduler.timezone));
      return { executions: rows.map(wireExecution), ...rest };
    }),
  );
  router.get(
    "/api/executions/:store/:id",
    json(async (req) => {
      const { store, id } = targetOf(req);
      return wireExecution(await readExecution(scheduler, store, id));
    }),
  );
  router.get(
    "/api/timeline",
    json(async (req) =>
      wireTimeline(await readTimeline(scheduler, { store: parameter(req, "store"), jobId: parameter(req, "job") })),
    ),
  );
  router.get(
    "/api/nodes",
    json(async () => {
      const { rows, unreadable } = await readNodes(scheduler);
      return { nodes: rows.map(wireNode), unreadable };
    }),
  );
  router.get("/api/summary", json(currentSummary));
  router.get("/api/csrf", (req, res) => {
    res.json({ token: guard.tokenFor(req, res, visitorOf(res).user) });
  });

  const guarded = (action: DashboardAction): RequestHandler[] => [
    async (req, _res, next) => {
      await mustBeAllowed(req, authorize, action, readOnly);
      next();
    },
    ...readBody,
    (req, res, next) => {
      guard.check(req, visitorOf(res).user);
      next();
    },
  ];
  for (const action of JOB_ACTIONS) {
    router.post(`/jobs/:store/:id/${action}`, ...guarded(action), async (req, res) => {
      const target = targetOf(req);
      try {
        backToPage(req, res, baseOf(req), await jobActions[action](scheduler, target, req.body));
      } catch (error) {
        if (action !== "reschedule" || problemOf(error).status !== 400) throw error;
        const visit = await visitOf(
          { scheduler, guard, links, ...place },
          req,
          res,
          paths.job(target.store, target.id),
        );
        const refused = {
          text: textField(req.body, "trigger") ?? "",
          reason: problemOf(error).detail ?? "it cannot be",
        };
        sendHtml(res.status(400), jobPage(visit, { ...(await jobPageParts(scheduler, target)), refused }));
      }
    });
    router.post(`/api/jobs/:store/:id/${action}`, ...guarded(action), async (req, res) => {
      const target = targetOf(req);
      await sendJobJson(scheduler, res, {
        action,
        target,
        done: await jobActions[action](scheduler, target, req.body),
      });
    });
  }
  router.post("/executions/:store/:id/cancel", ...guarded("cancel"), async (req, res) => {
    backToPage(req, res, baseOf(req), await cancelRun(scheduler, targetOf(req)));
  });
  router.post("/api/executions/:store/:id/cancel", ...guarded("cancel"), async (req, res) => {
    await cancelRun(scheduler, targetOf(req));
    res.status(202).json({ cancelling: true });
  });

  router.use((req) => {
    throw new NotFoundProblem(`there is no ${req.method} ${req.path}`);
  });
  router.use(refusals({ ...place, onError: options.onError }));

  router.close = () => feed[Symbol.dispose]();
  if (signal?.aborted) router.close();
  else signal?.addEventListener("abort", router.close, { once: true });
  return router;
}

// ── queries of requests ─────────────────────────────────────────────────────────────────────────────────────────────

function jobsQuery(req: Request): JobsQuery {
  return {
    search: parameter(req, "q"),
    state: jobStateParameter(req),
    tag: parameter(req, "tag"),
    store: parameter(req, "store"),
    limit: limitParameter(req, PAGE_ROWS),
    cursor: parameter(req, "cursor"),
  };
}

function executionsQuery(req: Request, timezone: string): ExecutionsQuery {
  return {
    jobId: parameter(req, "job"),
    states: executionStatesParameter(req),
    store: parameter(req, "store"),
    from: timeParameter(req, "from", timezone),
    to: timeParameter(req, "to", timezone),
    limit: limitParameter(req, PAGE_ROWS),
    cursor: parameter(req, "cursor"),
  };
}

function rowOf(scheduler: DashboardScheduler, { store, id }: Target): Promise<JobRow> {
  return readJob(scheduler, store, id);
}

async function jobPageParts(scheduler: DashboardScheduler, { store, id }: Target): Promise<JobPageParts> {
  const row = await readJob(scheduler, store, id);
  const [executions, timeline] = await Promise.all([
    readExecutions(scheduler, { store, jobId: id, limit: 20 }),
    readTimeline(scheduler, { store, jobId: id }),
  ]);
  return { row, executions, timeline, upcoming: row.job.nextRuns(UPCOMING).map((run) => run.getTime()) };
}

// ── responses ─────────────────────────────────────────────────────────────────────────────────────────────────────────

interface Place {
  readonly title: string;
  readonly baseOf: (req: Request) => string;
}

interface PageMaker extends Place {
  readonly scheduler: DashboardScheduler;
  readonly guard: CsrfGuard;
  readonly links: readonly PageLink[];
}

function pageSender(maker: PageMaker) {
  return (make: (req: Request, visit: Visit) => Promise<Html>): RequestHandler =>
    async (req, res) => {
      const visit = await visitOf(maker, req, res, hereOf(req));
      sendHtml(res, await make(req, visit));
    };
}

async function visitOf(
  { scheduler, guard, links, title, baseOf }: PageMaker,
  req: Request,
  res: Response,
  here: string,
): Promise<Visit> {
  const visitor = visitorOf(res);
  const allowed = await Promise.all(ACTIONS.map(async (action) => ((await visitor.may(action)) ? [action] : [])));
  const notice = req.query["notice"];
  return {
    base: baseOf(req),
    title,
    links,
    timezone: scheduler.timezone,
    csrfToken: guard.tokenFor(req, res, visitor.user),
    user: visitor.user,
    allowed: new Set<DashboardAction>(allowed.flat()),
    stores: [...scheduler.stores.keys()],
    here,
    notice: typeof notice === "string" && Object.hasOwn(NOTICES, notice) ? NOTICES[notice] : undefined,
    assetVersion: ASSET_VERSION,
    schedulerState: scheduler.state,
  };
}

function sendHtml(res: Response, page: Html): void {
  res.type("text/html; charset=utf-8").send(page.text);
}

function hereOf(req: Request): string {
  const url = new URL(req.url, "http://dashboard.invalid");
  url.searchParams.delete("notice");
  return url.pathname + url.search;
}

function json(answer: (req: Request) => unknown): RequestHandler {
  return async (req, res) => {
    res.json(await answer(req));
  };
}

async function sendJobJson(
  scheduler: DashboardScheduler,
  res: Response,
  { action, target, done }: { action: JobAction; target: Target; done: Done },
): Promise<void> {
  if (action === "run") res.status(202).json({ executionId: done.executionId, store: target.store });
  else if (action === "remove") res.status(204).end();
  else res.json({ job: await rowOf(scheduler, target).then(wireJob, goneMeanwhile) });
}

/** Returns null for a job that is gone: one whose trigger has ended is removed when it is resumed. */
function goneMeanwhile(error: unknown): null {
  if (problemOf(error).status === 404) return null;
  throw error;
}

/** Redirects to the page of the form, which must be one of the dashboard. */
function backToPage(req: Request, res: Response, base: string, { notice }: Done): void {
  const back = textField(req.body, "back") ?? "/";
  const inside = /^\/(?![/\\])/.test(back) && URL.canParse(back, "http://dashboard.invalid") ? back : "/";
  const url = new URL(inside, "http://dashboard.invalid");
  url.searchParams.set("notice", notice);
  res.redirect(303, base + url.pathname.replace(/^\/+/, "/") + url.search);
}

/** Sends every refusal: problem+json from the API, a page for browsers. */
function refusals({
  title,
  baseOf,
  onError,
}: Place & { readonly onError: DashboardOptions["onError"] }): ErrorRequestHandler {
  return (error, req, res, _next) => {
    const problem: Problem = problemOf(error);
    if (problem.status === 500) onError?.(error);
    if (res.headersSent) {
      res.destroy();
      return;
    }
    const forBrowser = !/^\/(api|events)(\/|$)/.test(req.path) && req.accepts(["json", "html"]) === "html";
    if (!forBrowser) return sendProblem(res, problem);
    if (problem.challenge !== undefined) res.set("WWW-Authenticate", problem.challenge);
    sendHtml(
      res.status(problem.status),
      refusalPage({ base: baseOf(req), title, assetVersion: ASSET_VERSION }, problem),
    );
  };
}
