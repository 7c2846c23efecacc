import { interval, type JobRecord } from "@headline/scheduler";
import type { JobStore } from "@headline/scheduler/stores";

type Request = Parameters<JobStore["dispatch"]>[0][number];
type Report = Parameters<JobStore["report"]>[0][number];

/** Report of one process. */
export interface Done {
  readonly executions: number;
  readonly errors: readonly string[];
}

const JOBS = 4_000;

/** Adds the jobs of a load, all of them due. */
export async function addJobs(store: JobStore): Promise<void> {
  const jobs = Array.from({ length: JOBS }, (_, at) => job(at));
  for (let from = 0; from < JOBS; from += 4) {
    await Promise.all(jobs.slice(from, from + 4).map((each) => store.insert(each)));
  }
}

function job(at: number): JobRecord {
  return {
    id: `job-${at}`,
    name: `job ${at}`,
    func: "orders.cancelUnpaid",
    args: [at, "an argument"],
    kwargs: undefined,
    trigger: interval({ seconds: 10, anchor: 0 }),
    executor: "default",
    coalesce: "latest",
    maxInstances: 1,
    overlap: "skip",
    misfireGraceTime: 60,
    timeoutMs: null,
    retries: null,
    ack: "late",
    maxDeliveries: 5,
    tags: [],
    incarnation: `i${at}`,
    createdMs: 0,
    nextRunMs: 1_000 + at,
    version: 1,
  };
}

/** One scheduler at work for some seconds: claims, dispatches, reports, as fast as the store answers. */
export async function executeJobs(
  store: JobStore,
  { owner, batch, seconds }: { readonly owner: string; readonly batch: number; readonly seconds: number },
): Promise<Done> {
  const errors: string[] = [];
  const until = performance.now() + seconds * 1_000;
  let executions = 0;
  let count = 0;
  const newId = () => `${owner}-${(count++).toString(36)}`;
  await store.start();
  while (performance.now() < until) {
    try {
      const { jobs, nowMs } = await store.claimDue({
        owner,
        leaseMs: 15_000,
        limit: batch,
        tasks: ["orders.cancelUnpaid"],
      });
      const requests = jobs.map((each) => requestAbout(each, owner, newId));
      const results = await store.dispatch(requests);
      const reports = requests.flatMap(({ instance }, at) => {
        const result = results[at]!;
        if (result.kind !== "started") return [];
        return result.runs.map(({ executionId }) => executed(instance!.id, result.token, executionId, nowMs));
      });
      executions += (await store.report(reports)).filter(Boolean).length;
    } catch (error) {
      errors.push(String(error));
    }
  }
  await store.close();
  return { executions, errors };
}

function requestAbout(record: JobRecord, owner: string, newId: () => string): Request {
  const scheduledAt = record.nextRunMs!;
  return {
    jobId: record.id,
    claim: { version: record.version, nextRunMs: scheduledAt + JOBS },
    instance: { id: newId(), owner, leaseMs: 15_000, job: record, runs: [{ executionId: newId(), scheduledAt }] },
  };
}

function executed(instanceId: string, token: number, executionId: string, nowMs: number): Report {
  return {
    instanceId,
    token,
    executionId,
    state: "executed",
    attempt: 1,
    startedAt: nowMs,
    finishedAt: nowMs + 3,
    result: { corrected: 17 },
    error: null,
    stack: null,
    last: true,
  };
}
