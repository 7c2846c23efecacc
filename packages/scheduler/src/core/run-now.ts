import { JobNotFoundError, MaxInstancesError, SchedulerStateError } from "./errors.js";
import type { Job, RunNowOptions } from "./job.js";
import type { JobRecord } from "./job-record.js";
import { checkedOverlap } from "./job-spec.js";
import { checkKnown } from "./known-options.js";
import type { SchedulerParts } from "./scheduler-parts.js";

/** Who asks for the run, and whether it runs tasks itself. */
interface Asker {
  readonly id: string;
  readonly isRunning: boolean;
}

/** Opens an instance for one run at this moment, and runs it here or leaves it to another; answers the execution's id. */
export async function runNow(
  job: Job,
  { stores, tasks, executors, newId }: SchedulerParts,
  asker: Asker,
  options: RunNowOptions = {},
): Promise<string> {
  checkKnown<RunNowOptions>(options, { overlap: true }, "runNow");
  const session = stores.session(job.store);
  if (session === undefined) throw new SchedulerStateError("the scheduler must be started before a job can be run");
  const store = stores.get(job.store);
  const run = { executionId: newId(), scheduledAt: await store.now() };
  const record: JobRecord = { ...tasks.settled(job.record), misfireGraceTime: null };
  const overlap = checkedOverlap(options.overlap ?? record.overlap);
  const executor = executors.get(record.executor);
  const isKnown =
    typeof record.func !== "string" || (executor?.remote ? tasks.has(record.func) : tasks.get(record.func));
  const mine = asker.isRunning && executor !== undefined && Boolean(isKnown);
  const instance = {
    id: newId(),
    owner: asker.id,
    leaseMs: session.leaseMs,
    job: record,
    runs: [run],
    offered: !mine,
    overlap,
  };
  const [verdict] = await store.dispatch([{ jobId: job.id, instance }]);
  if (verdict === undefined || verdict.kind === "stale") throw new JobNotFoundError(job.id);
  if (verdict.kind === "max_instances") throw new MaxInstancesError(job.id, record.maxInstances);
  if (verdict.kind === "queued") session.queued(instance, verdict);
  else if (mine) {
    const { token, runs } = verdict;
    session.hold({ instanceId: instance.id, token, job: record, runs, attempt: 1 });
  }
  return run.executionId;
}
