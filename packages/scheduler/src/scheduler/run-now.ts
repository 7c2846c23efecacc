import { JobNotFoundError, MaxInstancesError, SchedulerStateError } from "../core/errors.js";
import type { JobRecord } from "../core/job-record.js";
import { checkedOverlap } from "../core/job-spec.js";
import type { NewInstance, Verdict } from "../core/job-store.js";
import { checkKnown } from "../core/known-options.js";
import type { Job, RunNowOptions } from "./job.js";
import type { SchedulerParts } from "./scheduler-context.js";

/** Scheduler that asks for a run; one that is not running leaves it to the others. */
export interface Asker {
  readonly id: string;
  readonly isRunning: boolean;
}

/** Dispatches one run at this moment, for this scheduler or any other; returns the execution's id. */
export async function runNow(
  job: Job,
  parts: SchedulerParts,
  asker: Asker,
  options: RunNowOptions = {},
): Promise<string> {
  checkKnown<RunNowOptions>(options, { overlap: true }, "runNow");
  mustBeStarted(job, parts);
  const run = { executionId: parts.newId(), scheduledAt: await parts.stores.get(job.store).now() };
  const overlap = checkedOverlap(options.overlap ?? job.record.overlap);
  await dispatchByHand(job, parts, asker, { runs: [run], overlap });
  return run.executionId;
}

/** Returns the worker of the job's store. */
export function mustBeStarted(job: Job, { stores }: SchedulerParts) {
  const worker = stores.worker(job.store);
  if (worker === undefined) throw new SchedulerStateError("the scheduler must be started before a job can be run");
  return worker;
}

/** Dispatches runs outside the timetable, which are never misfires: for this scheduler if it can run the job, else for any. */
export async function dispatchByHand(
  job: Job,
  parts: SchedulerParts,
  asker: Asker,
  ask: Pick<NewInstance, "runs" | "overlap" | "once">,
): Promise<Extract<Verdict, { kind: "started" | "queued" }>> {
  const { stores, tasks, executors, newId } = parts;
  const worker = mustBeStarted(job, parts);
  const record: JobRecord = { ...tasks.withSettings(job.record), misfireGraceTime: null };
  const executor = executors.get(record.executor);
  const isKnown =
    typeof record.func !== "string" || (executor?.remote ? tasks.has(record.func) : tasks.get(record.func));
  const runsHere = asker.isRunning && executor !== undefined && Boolean(isKnown);
  const instance = {
    id: newId(),
    owner: asker.id,
    leaseMs: worker.leaseMs,
    job: record,
    offered: !runsHere,
    ...ask,
  };
  const [verdict] = await stores.get(job.store).dispatch([{ jobId: job.id, instance }]);
  if (verdict === undefined || verdict.kind === "stale") throw new JobNotFoundError(job.id);
  if (verdict.kind === "max_instances") throw new MaxInstancesError(job.id, record.maxInstances);
  if (verdict.kind === "queued") worker.queued(instance, verdict);
  else if (!runsHere) worker.expectReleased();
  else if (verdict.runs.length > 0) {
    const { token, runs } = verdict;
    worker.run({ instanceId: instance.id, token, job: record, runs, attempt: 1 });
  }
  return verdict;
}
