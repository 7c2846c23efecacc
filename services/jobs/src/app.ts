import type { Mysql } from "@headline/mysql";
import type { Recommender } from "@headline/recommender";
import type { SignInLimit } from "@headline/redis/limits";
import type { Scheduler } from "@headline/scheduler";
import { type Dashboard, dashboard, keepScheduler } from "@headline/scheduler/dashboard";
import { html } from "@headline/service/html";
import type { Log } from "@headline/service/log";
import express, { type ErrorRequestHandler, type Express, type Request } from "express";
import type { RecentTasks } from "./background/recent-tasks.js";
import { tasksPage } from "./background/tasks-page.js";
import type { Health } from "./health/health-check.js";
import { healthPage } from "./health/health-page.js";
import { document } from "./http/document.js";
import { PAGES } from "./http/page-header.js";
import { experimentsPage } from "./insight/experiments-page.js";
import { explainPage } from "./insight/explain-page.js";
import type { Metrics } from "./metrics.js";
import { derivedKey } from "./staff/derived-key.js";
import { createSignIn } from "./staff/sign-in.js";
import type { Staff, StaffSessions } from "./staff/staff-sessions.js";
import { STYLES } from "./styles.js";

interface Deps {
  readonly scheduler: Scheduler;
  readonly sessions: StaffSessions;
  readonly signInLimit: SignInLimit;
  /** Number of proxies in front whose X-Forwarded-For is trusted. */
  readonly trustProxy: number;
  readonly mysql: Mysql;
  /** Explains feeds. */
  readonly explainer: Pick<Recommender, "explain">;
  readonly recent: RecentTasks;
  readonly metrics: Metrics;
  /** Health of every process and dependency. */
  readonly checkHealth: () => Promise<Health>;
  readonly secret: string | undefined;
  readonly isReady: () => boolean;
  readonly log: Log;
}

export interface JobsApp {
  readonly app: Express;
  readonly dashboard: Dashboard;
}

/** The pages of the job service: health and metrics for machines, everything else for staff. */
export function createApp({
  scheduler,
  mysql,
  explainer,
  sessions,
  signInLimit,
  trustProxy,
  recent,
  metrics,
  checkHealth,
  secret,
  isReady,
  log,
}: Deps): JobsApp {
  const signIn = createSignIn(sessions, signInLimit);
  const jobs = dashboard(scheduler, {
    title: "Headline jobs",
    links: PAGES,
    authorize: (req) => signedIn(req), // the routes before require staff
    ...(secret === undefined ? {} : { csrfSecret: derivedKey(secret, "headline dashboard forms") }),
    onError: (err) => log.error({ err }, "the dashboard failed"),
  });
  const app = express();
  app.disable("x-powered-by");
  app.set("query parser", "simple");
  app.set("trust proxy", trustProxy);
  app.use((_req, res, next) => {
    res.setHeader("X-Content-Type-Options", "nosniff");
    res.setHeader("Referrer-Policy", "same-origin");
    next();
  });
  keepScheduler(app, scheduler);
  app.get("/healthz", (_req, res) => void res.type("text/plain").send("ok\n"));
  app.get("/readyz", (_req, res) => {
    res
      .status(isReady() ? 200 : 503)
      .type("text/plain")
      .send(isReady() ? "ready\n" : "not ready\n");
  });
  app.get("/metrics", async (_req, res) => void res.type(metrics.contentType).send(await metrics.text()));
  app.get("/jobs.css", (_req, res) => void res.setHeader("Cache-Control", "max-age=3600").type("css").send(STYLES));
  app.get("/sign-in", signIn.form);
  app.post("/sign-in", ...signIn.submit);
  app.post("/sign-out", signIn.out);
  app.use(signIn.required);
  app.get("/health", healthPage(checkHealth));
  app.get("/tasks", tasksPage(recent));
  app.get("/explain", explainPage({ explainer, mysql }));
  app.get("/experiments", experimentsPage(mysql));
  app.use(jobs);
  app.use(failures(log));
  return { app, dashboard: jobs };
}

function signedIn(req: Request): { user: string } | false {
  const staff = req.res?.locals["staff"] as Staff | undefined;
  return staff !== undefined && { user: staff.name };
}

/** Logs the error; the browser gets no detail of it. */
function failures(log: Log): ErrorRequestHandler {
  return (error: { status?: unknown }, req, res, _next) => {
    const status = typeof error.status === "number" && error.status >= 400 && error.status < 500 ? error.status : 500;
    if (status === 500) log.error({ err: error, path: req.path }, "a request failed");
    if (res.headersSent) res.destroy();
    else
      document(
        res,
        status,
        "Error",
        html`<main><h1>${status === 500 ? "Something went wrong on our side." : "That request cannot be read."}</h1></main>`,
      );
  };
}
