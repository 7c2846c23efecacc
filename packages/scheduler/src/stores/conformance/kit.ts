import assert from "node:assert/strict";
import type { Execution } from "../../core/execution.js";
import type { JobRecord } from "../../core/job-record.js";
import type {
  ClaimRequest,
  DispatchRequest,
  DispatchResult,
  InstanceKey,
  JobQuery,
  JobStore,
  NewInstance,
  ReclaimedInstance,
  Report,
} from "../../core/job-store.js";
import { interval } from "../../triggers/interval.js";

/** A store to be tested, with data of its own. */
export interface OpenedStore {
  readonly store: JobStore;
  /** Opens another client of the same data; shared stores must give one. */
  readonly second?: JobStore;
  /** Lets the store's clock move on by at least so much: a fake clock, or really waiting. */
  advance(ms: number): Promise<void>;
  /** Sets the stored job's JSON, where a store can hold such a thing; without an argument to text that is no JSON. */
  corrupt?(jobId: string, json?: string): Promise<void>;
  close(): Promise<void>;
}

/** Promise that every store must keep, with its test. */
export interface ConformanceCase {
  readonly name: string;
  run(): Promise<void>;
}

/** Cases by name, a sentence each. */
export type Cases = Record<string, (opened: OpenedStore) => Promise<void>>;

export const LEASE_MS = 400;
/** After so long a lease has ended, whatever the clocks round. */
export const LEASE_OVER_MS = LEASE_MS + 20;

let count = 0;

/** An id that no other case uses. */
export function uniqueId(prefix: string): string {
  return `${prefix}-${(count++).toString(36)}-${process.pid.toString(36)}`;
}

/** Creates a job that is due in the past of any clock, unless `more` says otherwise. */
export function job(more: Partial<JobRecord> = {}): JobRecord {
  return {
    id: uniqueId("job"),
    name: "a job",
    func: "task",
    args: [],
    kwargs: undefined,
    trigger: interval({ seconds: 10, anchor: 0 }),
    executor: "default",
    coalesce: "latest",
    maxInstances: 1,
    overlap: "skip",
    misfireGraceTime: 60,
    timeoutMs: null,
    retries: null,
    ack: "early",
    maxDeliveries: 3,
    tags: [],
    incarnation: uniqueId("i"),
    createdMs: 1,
    nextRunMs: 1_000,
    version: 1,
    ...more,
  };
}

export function claiming(more: Partial<ClaimRequest> = {}): ClaimRequest {
  return { owner: "alice", leaseMs: LEASE_MS, limit: 100, ...more };
}

export function instance(record: JobRecord, more: Partial<NewInstance> = {}): NewInstance {
  const runs = [{ executionId: uniqueId("e"), scheduledAt: record.nextRunMs ?? 1_000 }];
  return { id: uniqueId("in"), owner: "alice", leaseMs: LEASE_MS, job: record, runs, ...more };
}

/** A request to run a claimed job and move it on. */
export function request(record: JobRecord, nextRunMs: number | null, more: Partial<NewInstance> = {}): DispatchRequest {
  return { jobId: record.id, claim: { version: record.version, nextRunMs }, instance: instance(record, more) };
}

/** A run by hand. */
export function byHand(record: JobRecord, more: Partial<NewInstance> = {}): DispatchRequest {
  return { jobId: record.id, instance: instance(record, more) };
}

export type Started = Extract<DispatchResult, { kind: "started" }>;

export async function started(store: JobStore, what: DispatchRequest): Promise<Started> {
  const [result] = await store.dispatch([what]);
  assert.equal(result?.kind, "started");
  return result as Started;
}

/** Adds a job, claims it and starts it. */
export async function running(store: JobStore, more: Partial<JobRecord> = {}, instanceMore: Partial<NewInstance> = {}) {
  const added = job(more);
  assert.equal(await store.insert(added), undefined);
  const claimed = await claimOne(store, added.id, instanceMore.owner);
  const what = request(claimed, FAR, instanceMore);
  const result = await started(store, what);
  return { job: added, claimed, what, result, instanceId: what.instance!.id };
}

/** A next run that never comes. */
export const FAR = 7_000_000_000_000;

export async function claimOne(store: JobStore, id: string, owner = "alice"): Promise<JobRecord> {
  const { jobs } = await store.claimDue(claiming({ owner }));
  const found = jobs.find((candidate) => candidate.id === id);
  assert.ok(found, `${id} was not claimed; claimed were ${jobs.map((other) => other.id).join(", ") || "none"}`);
  return found;
}

export function reportOf(run: { instanceId: string; result: Started }, more: Partial<Report> = {}): Report {
  return {
    instanceId: run.instanceId,
    token: run.result.token,
    executionId: run.result.runs[0]!.executionId,
    state: "executed",
    attempt: 1,
    startedAt: 10_000,
    finishedAt: 10_250,
    result: null,
    error: null,
    stack: null,
    last: true,
    ...more,
  };
}

/** Returns the key of a started run. */
export function keyOf(run: { instanceId: string; result: Started }): InstanceKey {
  return { instanceId: run.instanceId, token: run.result.token };
}

/** Returns a reclaimed run in its owner's view. */
export function runOf(reclaimed: ReclaimedInstance): { instanceId: string; result: Started } {
  return {
    instanceId: reclaimed.instanceId,
    result: { kind: "started", token: reclaimed.token, runs: reclaimed.runs },
  };
}

export function plannedRuns(...times: number[]): { executionId: string; scheduledAt: number }[] {
  return times.map((scheduledAt) => ({ executionId: uniqueId("e"), scheduledAt }));
}

/** The row of an execution, which must be there. */
export async function rowOf(store: JobStore, executionId: string): Promise<Execution> {
  const row = await store.executions.get(executionId);
  assert.ok(row, `execution ${executionId} is not there`);
  return row;
}

export async function executionsOf(store: JobStore, jobId: string): Promise<readonly Execution[]> {
  return (await store.executions.list({ jobId, limit: 1_000 })).executions;
}

/** Returns the number of instances of a job under way. */
export async function activeOf(store: JobStore, jobId: string): Promise<number> {
  return (await store.executions.countActive([jobId])).get(jobId) ?? 0;
}

/** The job, which must be there. */
export async function stored(store: JobStore, id: string): Promise<JobRecord> {
  const found = await store.get(id);
  assert.ok(found, `job ${id} is not there`);
  return found;
}

/** Changes a job as it stands; the store must agree. */
export async function change(store: JobStore, id: string, patch: Partial<JobRecord>): Promise<JobRecord> {
  const changed = await store.update({ ...(await stored(store, id)), ...patch });
  assert.ok(changed, `the change of ${id} was refused`);
  return changed;
}

/** Adds many jobs, a few at a time. */
export async function insertAll(store: JobStore, jobs: readonly JobRecord[]): Promise<void> {
  for (let from = 0; from < jobs.length; from += 25) {
    await Promise.all(jobs.slice(from, from + 25).map(async (each) => store.insert(each)));
  }
}

/** The ids of all pages of a list of jobs, in order. */
export async function listedIds(store: JobStore, query: JobQuery): Promise<string[]> {
  const ids: string[] = [];
  for await (const { jobs } of pages((cursor) => store.list({ ...query, ...cursor }))) {
    ids.push(...jobs.map(({ id }) => id));
  }
  return ids;
}

/** Reads page after page, up to a limit. */
export async function* pages<Page extends { readonly cursor?: string }>(
  ask: (cursor: { cursor?: string }) => Page | Promise<Page>,
): AsyncGenerator<Page> {
  let cursor: { cursor?: string } = {};
  for (let count = 0; count < 1_000; count++) {
    const page = await ask(cursor);
    yield page;
    if (page.cursor === undefined) return;
    cursor = { cursor: page.cursor };
  }
  assert.fail("1,000 pages, and still no end");
}
