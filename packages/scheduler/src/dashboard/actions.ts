import type { Request } from "express";
import { thrownMessage } from "../core/describe-thrown.js";
import type { PauseOptions } from "../core/pause.js";
import type { Trigger, TriggerState } from "../triggers/trigger.js";
import { triggerFromJSON } from "../triggers/trigger-from-json.js";
import type { DashboardScheduler } from "./dashboard-scheduler.js";
import { ownField, textField } from "./http/body.js";
import { HttpProblem, InputProblem, NotFoundProblem } from "./http/problem.js";
import { unsegment } from "./paths.js";
import { triggerFromText } from "./trigger-text.js";

export const JOB_ACTIONS = ["pause", "resume", "run", "reschedule", "remove"] as const;
export type JobAction = (typeof JOB_ACTIONS)[number];

/** Job or execution that an address names. */
export interface Target {
  readonly store: string;
  readonly id: string;
}

export function targetOf(req: Request): Target {
  return { store: unsegment(String(req.params["store"])), id: unsegment(String(req.params["id"])) };
}

/** Outcome of an action, for the notice of the page; a run has an execution. */
export interface Done {
  readonly notice: string;
  readonly executionId?: string;
}

/** Performs an action; throws what the scheduler throws. */
export const jobActions: Readonly<
  Record<JobAction, (scheduler: DashboardScheduler, target: Target, body: unknown) => Promise<Done>>
> = {
  async pause(scheduler, { store, id }, body) {
    await scheduler.pauseJob(id, { store: knownStore(scheduler, store), ...pauseFields(body) });
    return { notice: "paused" };
  },
  async resume(scheduler, { store, id }) {
    await scheduler.resumeJob(id, knownStore(scheduler, store));
    return { notice: "resumed" };
  },
  async run(scheduler, { store, id }) {
    const executionId = await scheduler.runNow(id, knownStore(scheduler, store));
    return { notice: "started-run", executionId };
  },
  async reschedule(scheduler, { store, id }, body) {
    const trigger = triggerOf(body, scheduler.timezone);
    await scheduler.rescheduleJob(id, trigger, knownStore(scheduler, store));
    return { notice: "rescheduled" };
  },
  async remove(scheduler, { store, id }) {
    await scheduler.removeJob(id, knownStore(scheduler, store));
    return { notice: "removed" };
  },
};

/** Cancels a run; 409 when it has ended, 404 when there is none. */
export async function cancelRun(scheduler: DashboardScheduler, { store, id }: Target): Promise<Done> {
  const execution = await scheduler.execution(id, knownStore(scheduler, store));
  if (execution === undefined)
    throw new NotFoundProblem(`There is no execution ${id} in "${store}"`, "ExecutionNotFoundError");
  if (await scheduler.cancelExecution(id, store)) return { notice: "cancelling" };
  throw new HttpProblem({ status: 409, code: "NotRunningError", detail: "the run is no longer under way" });
}

/** Text of a field; an empty one counts as absent. */
function pauseFields(body: unknown): PauseOptions {
  const [until, note] = [textField(body, "until")?.trim() ?? "", textField(body, "note")?.trim() ?? ""];
  return {
    ...(until === "" ? {} : { until: until.replace(/^(\S+)T(\S+)$/, "$1 $2") }),
    ...(note === "" ? {} : { note }),
  };
}

function knownStore(scheduler: DashboardScheduler, store: string): string {
  if (!scheduler.stores.has(store)) throw new NotFoundProblem(`there is no job store "${store}"`);
  return store;
}

/** Trigger of a request: a text, or the JSON of a trigger. */
function triggerOf(body: unknown, timezone: string): Trigger {
  const given = ownField(body, "trigger");
  if (typeof given === "string") return triggerFromText(given, timezone);
  if (typeof given !== "object" || given === null) throw new InputProblem("trigger", "is missing");
  try {
    return triggerFromJSON(given as TriggerState);
  } catch (error) {
    throw new InputProblem("trigger", thrownMessage(error));
  }
}
