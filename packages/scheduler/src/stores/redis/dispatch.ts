import { encodeJob, type JobRecord, waitingJob } from "../../core/job-record.js";
import type { DispatchRequest, DispatchResult, PlannedRun, QueuedResult } from "../../core/job-store.js";
import { startsWithoutNextRun } from "../../core/run-limit.js";
import type { Overlap } from "../../core/task.js";
import { mostDeliveries } from "../deliveries.js";
import { letterOf, natureOf, onceField, word } from "./execution-row.js";
import { laneOfJob } from "./lane.js";
import { dispatch as lua } from "./lua/dispatch.js";
import { type Argument, Script, type Scripts } from "./script.js";

const script = new Script(lua);

/** Requests in one script call, and runs, unless one request has more. */
const REQUESTS_MAX = 200;
const RUNS_MAX = 1_000;

/** Prefix of `skipExistingExcept`: letters of the states follow. */
const ONCE = "o";

const OVERLAP_LETTERS: Readonly<Record<Overlap, string>> = { skip: "", "queue-one": "q", "cancel-other": "c" };

/** Splits requests into script calls, during which Redis does nothing else. `isStored` when Redis has that very job. */
export async function dispatch(
  scripts: Scripts,
  now: string,
  requests: readonly DispatchRequest[],
  isStored: (job: JobRecord, version: number) => boolean,
): Promise<DispatchResult[]> {
  const results: DispatchResult[] = [];
  for (let from = 0; from < requests.length; ) {
    const batch = batchFrom(requests, from);
    const args: Argument[] = [now, batch.length];
    for (const request of batch) addRequest(args, request, isStored);
    const answers = (await scripts.run(script, args)) as string[];
    for (let at = 0; at < batch.length; at++) results.push(resultOf(answers[at]!, batch[at]!));
    from += batch.length;
  }
  return results;
}

function batchFrom(requests: readonly DispatchRequest[], from: number): readonly DispatchRequest[] {
  let to = from;
  let runs = 0;
  while (to < requests.length && to - from < REQUESTS_MAX) {
    runs += requests[to]!.instance?.runs.length ?? 0;
    if (runs > RUNS_MAX && to > from) break;
    to++;
  }
  return from === 0 && to === requests.length ? requests : requests.slice(from, to);
}

function addRequest(
  args: Argument[],
  request: DispatchRequest,
  isStored: (job: JobRecord, version: number) => boolean,
): void {
  const { jobId, claim, instance } = request;
  args.push(jobId, claim?.version ?? "", claim?.nextRunMs ?? "", claim?.misfireCount ?? "", instance?.id ?? "");
  if (instance === undefined) return;
  const { job, owner, runs, leaseMs, released = false, overlap = "skip", skipExistingExcept } = instance;
  const isByHand = claim === undefined && skipExistingExcept === undefined;
  const most = mostDeliveries(job);
  const lane = laneOfJob(job);
  const known = claim !== undefined && isStored(job, claim.version);
  args.push(
    released ? 0 : leaseMs,
    `${released ? 0 : 1} ${most} ${released ? 1 : 0}`,
    word(owner),
    lane,
    JSON.stringify(runs.flatMap(({ executionId, scheduledAt }) => [executionId, scheduledAt])),
    known ? "" : encodeJob(job),
    skipExistingExcept === undefined ? OVERLAP_LETTERS[overlap] : `${ONCE}${skipExistingExcept.map(letterOf).join("")}`,
    overlap === "skip" ? "" : waitingText(request, lane),
    runs.length,
  );
  for (const run of runs) {
    const field = isByHand ? "" : onceField(jobId, job.incarnation, run.scheduledAt);
    args.push(run.executionId, field, natureOf(job, run, instance.id, isByHand));
  }
}

function resultOf(answer: string, { instance }: DispatchRequest): DispatchResult {
  if (answer === "*") return { kind: "started", token: 1, runs: instance!.runs };
  if (answer === "s") return { kind: "stale" };
  if (answer === "m") return { kind: "max_instances" };
  if (answer.startsWith("q")) return queuedResult(answer.slice(1));
  if (answer === "n") return { kind: "started", token: 0, runs: [] };
  const [token, ...which] = answer.trimEnd().split(" ");
  return { kind: "started", token: Number(token), runs: which.map((index) => instance!.runs[Number(index)]!) };
}

/** The last run as it waits: its head (see `waitingLua`), then its job. */
function waitingText(request: DispatchRequest, lane: string): string {
  const { id, job, runs } = request.instance!;
  const { executionId, scheduledAt } = runs.at(-1)!;
  const head: WaitingHead = [
    startsWithoutNextRun(request) ? 1 : 0,
    job.maxInstances,
    mostDeliveries(job),
    id,
    lane,
    executionId,
    scheduledAt,
  ];
  return `${JSON.stringify(head)}\n${encodeJob(waitingJob(job))}`;
}

export type WaitingHead = readonly [
  needsNoNextRun: 0 | 1,
  maxInstances: number,
  mostDeliveries: number,
  instanceId: string,
  lane: string,
  executionId: string,
  scheduledAt: number,
];

/** Of the head of the run that waited until now, or nothing, and the executions that were asked to end. */
function queuedResult(text: string): QueuedResult {
  const [head, asked] = text.split("\n", 2) as [string, string];
  return {
    kind: "queued",
    superseded: head === "" ? [] : [runOfHead(head)],
    cancel: JSON.parse(`[${asked}]`) as string[],
  };
}

export function runOfHead(head: string): PlannedRun {
  const [, , , , , executionId, scheduledAt] = JSON.parse(head) as WaitingHead;
  return { executionId, scheduledAt };
}

/** The runs of a plan, which a script keeps as [id, run time, id, run time …]. */
export function plannedRuns(plan: string, ids: readonly string[]): PlannedRun[] {
  const parts = JSON.parse(plan) as (string | number)[];
  const wanted = new Set(ids);
  const runs: PlannedRun[] = [];
  for (let at = 0; at < parts.length; at += 2) {
    if (wanted.has(parts[at] as string))
      runs.push({ executionId: parts[at] as string, scheduledAt: parts[at + 1] as number });
  }
  return runs;
}
