import type { Request, Router } from "express";
import { targetOf } from "../actions.js";
import { visitorOf } from "../http/authorize.js";
import { executionsQuery, jobsQuery } from "../http/list-query.js";
import { parameter } from "../http/query.js";
import { readExecution, readExecutions } from "../reading/executions.js";
import { readJob, readJobs } from "../reading/jobs.js";
import { readNodes } from "../reading/nodes.js";
import { readTimeline } from "../reading/timeline.js";
import { wireExecution, wireJob, wireNode, wireTimeline } from "../wire.js";
import type { RouteContext } from "./route-context.js";

type Read = (context: RouteContext, req: Request) => Promise<unknown>;

/** Resources of the JSON API by their paths. */
const RESOURCES: Readonly<Record<string, Read>> = {
  async "/api/jobs"({ scheduler }, req) {
    const { rows, ...rest } = await readJobs(scheduler, jobsQuery(req));
    return { jobs: rows.map(wireJob), ...rest };
  },
  async "/api/jobs/:store/:id"({ scheduler }, req) {
    const { store, id } = targetOf(req);
    return wireJob(await readJob(scheduler, store, id));
  },
  async "/api/executions"({ scheduler }, req) {
    const { rows, ...rest } = await readExecutions(scheduler, executionsQuery(req, scheduler.timezone));
    return { executions: rows.map(wireExecution), ...rest };
  },
  async "/api/executions/:store/:id"({ scheduler }, req) {
    const { store, id } = targetOf(req);
    return wireExecution(await readExecution(scheduler, store, id));
  },
  async "/api/timeline"({ scheduler }, req) {
    const query = { store: parameter(req, "store"), jobId: parameter(req, "job") };
    return wireTimeline(await readTimeline(scheduler, query));
  },
  async "/api/nodes"({ scheduler }) {
    const { rows, unreadable } = await readNodes(scheduler);
    return { nodes: rows.map(wireNode), unreadable };
  },
  "/api/summary": ({ currentSummary }) => currentSummary(),
};

/** Adds the routes of the JSON API that read. */
export function addApiRoutes(router: Router, context: RouteContext): void {
  for (const [path, read] of Object.entries(RESOURCES))
    router.get(path, async (req, res) => {
      res.json(await read(context, req));
    });
  router.get("/api/csrf", (req, res) => {
    res.json({ token: context.guard.tokenFor(req, res, visitorOf(res).user) });
  });
}
