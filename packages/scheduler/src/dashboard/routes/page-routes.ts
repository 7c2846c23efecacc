import type { Request, Router } from "express";
import { targetOf } from "../actions.js";
import type { Html } from "../html.js";
import { executionsQuery, jobsQuery } from "../http/list-query.js";
import { parameter } from "../http/query.js";
import { executionPage, executionsPage } from "../pages/executions-page.js";
import { jobPage, removePage } from "../pages/job-page.js";
import { jobsPage } from "../pages/jobs-page.js";
import { nodesPage } from "../pages/nodes-page.js";
import type { Visit } from "../pages/parts.js";
import { timelinePage } from "../pages/timeline-page.js";
import { readExecution, readExecutions } from "../reading/executions.js";
import { readJobDetails } from "../reading/job-details.js";
import { readJob, readJobs } from "../reading/jobs.js";
import { readNodes } from "../reading/nodes.js";
import { readTimeline } from "../reading/timeline.js";
import type { RouteContext } from "./route-context.js";
import { openVisit, sendHtml } from "./visit.js";

type Page = (context: RouteContext, req: Request, visit: Visit) => Promise<Html>;

/** Pages by their paths. */
const PAGES: Readonly<Record<string, Page>> = {
  async "/"({ scheduler, currentSummary }, req, visit) {
    const query = jobsQuery(req);
    const [jobs, summary] = await Promise.all([readJobs(scheduler, query), currentSummary()]);
    return jobsPage(visit, jobs, query, summary);
  },
  async "/jobs/:store/:id"({ scheduler }, req, visit) {
    return jobPage(visit, await readJobDetails(scheduler, targetOf(req)));
  },
  async "/jobs/:store/:id/remove"({ scheduler }, req, visit) {
    const { store, id } = targetOf(req);
    return removePage(visit, await readJob(scheduler, store, id));
  },
  async "/executions"({ scheduler, currentSummary }, req, visit) {
    const query = executionsQuery(req, scheduler.timezone);
    const [executions, summary] = await Promise.all([readExecutions(scheduler, query), currentSummary()]);
    return executionsPage(visit, executions, query, summary);
  },
  async "/executions/:store/:id"({ scheduler }, req, visit) {
    const { store, id } = targetOf(req);
    return executionPage(visit, await readExecution(scheduler, store, id));
  },
  async "/timeline"({ scheduler, currentSummary }, req, visit) {
    const store = parameter(req, "store");
    const [timeline, summary] = await Promise.all([readTimeline(scheduler, { store }), currentSummary()]);
    return timelinePage(visit, timeline, store, summary);
  },
  async "/nodes"({ scheduler, currentSummary }, _req, visit) {
    const [nodes, summary] = await Promise.all([readNodes(scheduler), currentSummary()]);
    return nodesPage(visit, nodes, summary);
  },
};

/** Adds the routes of the pages. */
export function addPageRoutes(router: Router, context: RouteContext): void {
  for (const [path, page] of Object.entries(PAGES))
    router.get(path, async (req, res) => {
      const visit = await openVisit(context, req, res, pathOf(req));
      sendHtml(res, await page(context, req, visit));
    });
}

/** Path and query of a request, without the notice. */
function pathOf(req: Request): string {
  const url = new URL(req.url, "http://dashboard.invalid");
  url.searchParams.delete("notice");
  return url.pathname + url.search;
}
