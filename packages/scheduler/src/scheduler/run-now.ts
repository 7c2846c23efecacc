import { RUN_NOW, type RunNowOptions } from "../core/call-options.js";
import { JobNotFoundError, MaxInstancesError, SchedulerStateError } from "../core/errors.js";
import { checkedOverlap } from "../core/job-policy.js";
import type { JobRecord } from "../core/job-record.js";
import type { DispatchResult, NewInstance } from "../core/job-store.js";
import { checkKnown } from "../core/known-options.js";
import type { Job } from "./job.js";
import type { SchedulerContext } from "./scheduler-context.js";

/** Scheduler that asks for a run; one that is not running leaves it to the others. */
export interface RunRequester {
  readonly id: string;
  readonly isRunning: boolean;
}

/** Dispatches one run at this moment, for this scheduler or any other; returns the execution's id. */
export async function runNow(
  job: Job,
  context: SchedulerContext,
  requester: RunRequester,
  options: RunNowOptions = {},
): Promise<string> {
  checkKnown<RunNowOptions>(options, RUN_NOW, "runNow");
  startedWorker(job, context);
  const run = { executionId: context.newId(), scheduledAt: await context.stores.get(job.store).now() };
  const overlap = checkedOverlap(options.overlap ?? job.record.overlap);
  await dispatchByHand(job, context, requester, { runs: [run], overlap });
  return run.executionId;
}

/** Returns the worker of the job's store. */
export function startedWorker(job: Job, { stores }: SchedulerContext) {
  const worker = stores.worker(job.store);
  if (worker === undefined) throw new SchedulerStateError("the scheduler must be started before a job can be run");
  return worker;
}

/** Dispatches runs outside the timetable, which are never misfires: for this scheduler if it can run the job, else for any. */
export async function dispatchByHand(
  job: Job,
  context: SchedulerContext,
  requester: RunRequester,
  request: Pick<NewInstance, "runs" | "overlap" | "skipExistingExcept">,
): Promise<Extract<DispatchResult, { kind: "started" | "queued" }>> {
  const { stores, tasks, executors, newId } = context;
  const worker = startedWorker(job, context);
  const record: JobRecord = { ...tasks.withSettings(job.record), misfireGraceTime: null };
  const executor = executors.get(record.executor);
  const isKnown =
    typeof record.func !== "string" || (executor?.remote ? tasks.has(record.func) : tasks.get(record.func));
  const runsHere = requester.isRunning && executor !== undefined && Boolean(isKnown);
  const instance = {
    id: newId(),
    owner: requester.id,
    leaseMs: worker.leaseMs,
    job: record,
    released: !runsHere,
    ...request,
  };
  const [result] = await stores.get(job.store).dispatch([{ jobId: job.id, instance }]);
  if (result === undefined || result.kind === "stale") throw new JobNotFoundError(job.id);
  if (result.kind === "max_instances") throw new MaxInstancesError(job.id, record.maxInstances);
  if (result.kind === "queued") worker.queued(instance, result);
  else if (!runsHere) worker.expectReleased();
  else if (result.runs.length > 0) {
    const { token, runs } = result;
    worker.run({ instanceId: instance.id, token, job: record, runs, attempt: 1 });
  }
  return result;
}
