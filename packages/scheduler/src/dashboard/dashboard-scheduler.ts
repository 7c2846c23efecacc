import type { Application, Request } from "express";
import type { Scheduler } from "../scheduler/scheduler.js";

/** Scheduler, as far as the dashboard needs it. */
export type DashboardScheduler = Pick<
  Scheduler,
  | "id"
  | "timezone"
  | "clock"
  | "state"
  | "stores"
  | "getJob"
  | "getJobs"
  | "executions"
  | "execution"
  | "durations"
  | "nodes"
  | "orphansAmong"
  | "pauseJob"
  | "resumeJob"
  | "rescheduleJob"
  | "removeJob"
  | "runNow"
  | "cancelExecution"
  | "on"
  | "off"
>;

/** Stores the scheduler as `app.locals.scheduler`, for every view. */
export function keepScheduler(app: Pick<Application, "locals">, scheduler: DashboardScheduler): void {
  app.locals["scheduler"] = scheduler;
}

/** Returns the scheduler that `keepScheduler` stored in the app of a request. */
export function schedulerOf<S extends DashboardScheduler = Scheduler>(req: Pick<Request, "app">): S {
  const scheduler = req.app.locals["scheduler"] as S | undefined;
  if (scheduler === undefined) throw new Error("app.locals.scheduler is not set: call keepScheduler(app, scheduler)");
  return scheduler;
}
