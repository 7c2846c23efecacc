import { thrownMessage } from "../core/describe-thrown.js";
import type { JobRecord } from "../core/job-record.js";
import type { WorkerContext } from "./worker-context.js";

/** Pauses a claimed job whose trigger threw, and records its run as an error, so that the jobs behind it run. */
export async function pauseBrokenJob(
  { store, host, leaseMs, events, backoff }: WorkerContext,
  job: JobRecord,
  thrown: unknown,
): Promise<void> {
  await backoff.bestEffort(`pause job "${job.id}", whose trigger failed`, async () => {
    const paused = await store.update({ ...job, nextRunMs: null });
    if (paused === undefined) return; // changed by another scheduler
    events.triggerFailed(job, thrown);
    const [instanceId, executionId, scheduledAt] = [host.newId(), host.newId(), job.nextRunMs!];
    const runs = [{ executionId, scheduledAt }];
    const instance = { id: instanceId, owner: host.id, leaseMs, job: paused, runs };
    const [result] = await store.dispatch([{ jobId: job.id, instance }]);
    if (result?.kind !== "started") return;
    const nowMs = await store.now();
    const error = `the trigger failed, and the job is paused: ${thrownMessage(thrown)}`;
    await store.report([
      {
        ...{ instanceId, token: result.token, executionId, state: "error", attempt: 1 },
        ...{ startedAt: null, finishedAt: nowMs, result: null, error, stack: null, last: true },
      },
    ]);
    events.failedBeforeStart(job, { executionId, scheduledAt, error: thrown });
  });
}
