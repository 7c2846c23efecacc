import { thrownMessage } from "../core/describe-thrown.js";
import type { JobRecord } from "../core/job-record.js";
import type { SessionParts } from "./worker-context.js";

/** A claimed job whose trigger failed: its run is written down as an error and the job is paused, so that others run. */
export async function setTriggerAside(
  { store, host, leaseMs, news, trouble }: SessionParts,
  job: JobRecord,
  thrown: unknown,
): Promise<void> {
  await trouble.bestEffort(`pause job "${job.id}", whose trigger failed`, async () => {
    const paused = await store.update({ ...job, nextRunMs: null });
    if (paused === undefined) return; // it was changed meanwhile
    news.triggerFailed(job, thrown);
    const [instanceId, executionId, scheduledAt] = [host.newId(), host.newId(), job.nextRunMs!];
    const runs = [{ executionId, scheduledAt }];
    const instance = { id: instanceId, owner: host.id, leaseMs, job: paused, runs };
    const [verdict] = await store.dispatch([{ jobId: job.id, instance }]);
    if (verdict?.kind !== "started") return;
    const nowMs = await store.now();
    const error = `the trigger failed, and the job is paused: ${thrownMessage(thrown)}`;
    await store.report([
      {
        ...{ instanceId, token: verdict.token, executionId, state: "error", attempt: 1 },
        ...{ startedAt: null, finishedAt: nowMs, result: null, error, stack: null, last: true },
      },
    ]);
    news.ranNot(job, { executionId, scheduledAt, error: thrown });
  });
}
