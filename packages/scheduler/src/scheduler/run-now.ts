import { JobNotFoundError, MaxInstancesError, SchedulerStateError } from "../core/errors.js";
import type { JobRecord } from "../core/job-record.js";
import { checkedOverlap } from "../core/job-spec.js";
import type { NewInstance, Verdict } from "../core/job-store.js";
import { checkKnown } from "../core/known-options.js";
import type { Job, RunNowOptions } from "./job.js";
import type { SchedulerParts } from "./scheduler-context.js";

/** Who asks for the run, and whether it runs tasks itself. */
export interface Asker {
  readonly id: string;
  readonly isRunning: boolean;
}

/** Opens an instance for one run at this moment, and runs it here or leaves it to another; answers the execution's id. */
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

/** The scheduler's connection to the job's store. */
export function mustBeStarted(job: Job, { stores }: SchedulerParts) {
  const session = stores.session(job.store);
  if (session === undefined) throw new SchedulerStateError("the scheduler must be started before a job can be run");
  return session;
}

/** Opens an instance beside the timetable, which no misfire stops, for this scheduler if it can run the job or else for any. */
export async function dispatchByHand(
  job: Job,
  parts: SchedulerParts,
  asker: Asker,
  ask: Pick<NewInstance, "runs" | "overlap" | "once">,
): Promise<Extract<Verdict, { kind: "started" | "queued" }>> {
  const { stores, tasks, executors, newId } = parts;
  const session = mustBeStarted(job, parts);
  const record: JobRecord = { ...tasks.settled(job.record), misfireGraceTime: null };
  const executor = executors.get(record.executor);
  const isKnown =
    typeof record.func !== "string" || (executor?.remote ? tasks.has(record.func) : tasks.get(record.func));
  const mine = asker.isRunning && executor !== undefined && Boolean(isKnown);
  const instance = {
    id: newId(),
    owner: asker.id,
    leaseMs: session.leaseMs,
    job: record,
    offered: !mine,
    ...ask,
  };
  const [verdict] = await stores.get(job.store).dispatch([{ jobId: job.id, instance }]);
  if (verdict === undefined || verdict.kind === "stale") throw new JobNotFoundError(job.id);
  if (verdict.kind === "max_instances") throw new MaxInstancesError(job.id, record.maxInstances);
  if (verdict.kind === "queued") session.queued(instance, verdict);
  else if (!mine) session.offered();
  else if (verdict.runs.length > 0) {
    const { token, runs } = verdict;
    session.hold({ instanceId: instance.id, token, job: record, runs, attempt: 1 });
  }
  return verdict;
}
