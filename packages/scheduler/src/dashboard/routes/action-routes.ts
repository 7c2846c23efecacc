import type { Request, RequestHandler, Response, Router } from "express";
import { cancelRun, type Done, JOB_ACTIONS, type JobAction, jobActions, type Target, targetOf } from "../actions.js";
import { type DashboardAction, mustBeAllowed, visitorOf } from "../http/authorize.js";
import { readBody, textField } from "../http/body.js";
import { problemOf } from "../http/problem.js";
import { jobPage } from "../pages/job-page.js";
import { paths } from "../paths.js";
import { readJobDetails } from "../reading/job-details.js";
import { readJob } from "../reading/jobs.js";
import { wireJob } from "../wire.js";
import type { RouteContext } from "./route-context.js";
import { openVisit, sendHtml } from "./visit.js";

/** Adds the routes of actions, each for forms and, below `/api`, for scripts. */
export function addActionRoutes(router: Router, context: RouteContext): void {
  const { scheduler, baseOf } = context;
  for (const action of JOB_ACTIONS) {
    router.post(`/jobs/:store/:id/${action}`, ...guards(context, action), async (req, res) => {
      const target = targetOf(req);
      try {
        redirectBack(req, res, baseOf(req), await jobActions[action](scheduler, target, req.body));
      } catch (error) {
        if (action !== "reschedule" || problemOf(error).status !== 400) throw error;
        await sendRefusedTrigger(context, req, res, problemOf(error).detail ?? "it cannot be");
      }
    });
    router.post(`/api/jobs/:store/:id/${action}`, ...guards(context, action), async (req, res) => {
      const target = targetOf(req);
      const done = await jobActions[action](scheduler, target, req.body);
      await sendOutcome(context, res, { action, target, done });
    });
  }
  router.post("/executions/:store/:id/cancel", ...guards(context, "cancel"), async (req, res) => {
    redirectBack(req, res, baseOf(req), await cancelRun(scheduler, targetOf(req)));
  });
  router.post("/api/executions/:store/:id/cancel", ...guards(context, "cancel"), async (req, res) => {
    await cancelRun(scheduler, targetOf(req));
    res.status(202).json({ cancelling: true });
  });
}

/** Authorizes the action, reads the body, and checks the CSRF token, in this order. */
function guards({ authorize, readOnly, guard }: RouteContext, action: DashboardAction): RequestHandler[] {
  return [
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
}

/** Sends the job's page again, with the trigger that was typed and the reason of its refusal. */
async function sendRefusedTrigger(context: RouteContext, req: Request, res: Response, reason: string): Promise<void> {
  const target = targetOf(req);
  const visit = await openVisit(context, req, res, paths.job(target.store, target.id));
  const details = await readJobDetails(context.scheduler, target);
  const refused = { text: textField(req.body, "trigger") ?? "", reason };
  sendHtml(res.status(400), jobPage(visit, { ...details, refused }));
}

async function sendOutcome(
  { scheduler }: RouteContext,
  res: Response,
  { action, target, done }: { action: JobAction; target: Target; done: Done },
): Promise<void> {
  if (action === "run") res.status(202).json({ executionId: done.executionId, store: target.store });
  else if (action === "remove") res.status(204).end();
  else res.json({ job: await readJob(scheduler, target.store, target.id).then(wireJob, nullWhenGone) });
}

/** Returns null for a job that is gone: one whose trigger has ended is removed when it is resumed. */
function nullWhenGone(error: unknown): null {
  if (problemOf(error).status === 404) return null;
  throw error;
}

/** Redirects to the page of the form, which must be one of the dashboard. */
function redirectBack(req: Request, res: Response, base: string, { notice }: Done): void {
  const back = textField(req.body, "back") ?? "/";
  const inside = /^\/(?![/\\])/.test(back) && URL.canParse(back, "http://dashboard.invalid") ? back : "/";
  const url = new URL(inside, "http://dashboard.invalid");
  url.searchParams.set("notice", notice);
  res.redirect(303, base + url.pathname.replace(/^\/+/, "/") + url.search);
}
