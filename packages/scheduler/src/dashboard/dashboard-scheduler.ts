import type { Application, Request } from "express";
import type { Scheduler } from "../scheduler/scheduler.js";

/** What the dashboard needs of a scheduler; the real one has it all. */
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

/** Keeps the scheduler where every view finds it, as `app.locals.scheduler`. */
export function keepScheduler(app: Pick<Application, "locals">, scheduler: DashboardScheduler): void {
  app.locals["scheduler"] = scheduler;
}

/** The scheduler that `keepScheduler` put into the app of this request. */
export function schedulerOf<S extends DashboardScheduler = Scheduler>(req: Pick<Request, "app">): S {
  const scheduler = req.app.locals["scheduler"] as S | undefined;
  if (scheduler === undefined) throw new Error("app.locals.scheduler is not set: call keepScheduler(app, scheduler)");
  return scheduler;
}
