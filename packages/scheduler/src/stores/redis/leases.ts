import { decodeJob } from "../../core/job-record.js";
import type {
  ClaimRequest,
  InstanceKey,
  ReclaimedInstance,
  ReclaimResult,
  Renewal,
  Report,
} from "../../core/job-store.js";
import { type ClaimFilter, claimFilters } from "../claim-filters.js";
import { plannedRuns, runOfHead } from "./dispatch.js";
import { outcomeLine, readRow, stateLine, word } from "./execution-row.js";
import { laneOf } from "./lane.js";
import { reclaim as reclaimLua } from "./lua/reclaim.js";
import { releaseInstances as releaseInstancesLua } from "./lua/release-instances.js";
import { renew as renewLua } from "./lua/renew.js";
import { report as reportLua } from "./lua/report.js";
import { type Argument, Script, type Scripts } from "./script.js";

const SCRIPTS = {
  report: new Script(reportLua),
  renew: new Script(renewLua),
  releaseInstances: new Script(releaseInstancesLua),
  reclaim: new Script(reclaimLua),
};

/** Reports in one script call. */
const BATCH = 200;
/** Windows of expired leases in one reclaim. */
const WINDOWS_MAX = 100;

export async function report(scripts: Scripts, reports: readonly Report[]): Promise<boolean[]> {
  const answers: boolean[] = [];
  for (const batch of batches(reports)) {
    const args: Argument[] = [];
    for (const report of batch) {
      args.push(
        report.instanceId,
        report.executionId,
        report.token,
        stateLine(report),
        outcomeLine(report),
        stepOf(report),
      );
    }
    for (const answer of (await scripts.run(SCRIPTS.report, args)) as number[]) answers.push(Number(answer) === 1);
  }
  return answers;
}

/** Returns the next state of the instance. */
function stepOf({ state, attempt, last }: Report): Argument {
  if (state === "running") return "";
  if (state === "submitted") return attempt;
  return last ? "close" : "next";
}

export async function renew(
  scripts: Scripts,
  now: string,
  keys: readonly InstanceKey[],
  leaseMs: number,
): Promise<Renewal> {
  const lost: string[] = [];
  const cancel: string[] = [];
  for (const batch of batches(keys)) {
    const answer = await scripts.run(SCRIPTS.renew, [now, leaseMs, ...batch.flatMap(keyOf)]);
    const [gone, asked] = answer as [string[], string[]];
    lost.push(...gone);
    for (const ids of asked) cancel.push(...readIds(ids));
  }
  return { lost, cancel };
}

/** Ids as JSON strings with commas between; none of a text that cannot be read, which must not cost other leases. */
function readIds(text: string): string[] {
  try {
    return JSON.parse(`[${text}]`) as string[];
  } catch {
    return [];
  }
}

export async function releaseInstances(scripts: Scripts, now: string, keys: readonly InstanceKey[]): Promise<void> {
  for (const batch of batches(keys)) await scripts.run(SCRIPTS.releaseInstances, [now, ...batch.flatMap(keyOf)]);
}

type Taken = [instanceId: string, token: string, attempt: string, plan: string, spec: string, unfinished: string[]];
type ReclaimReply = [
  now: string,
  next: string,
  left: number,
  more: number,
  taken: Taken[],
  lost: string[],
  waiting: number,
  started: Started[],
];
type Started = [instanceId: string, head: string, spec: string];

/** Reads expired leases window by window, past those whose tasks are unknown here. */
export async function reclaim(scripts: Scripts, now: string, request: ClaimRequest): Promise<ReclaimResult> {
  const { owner, leaseMs } = request;
  const lanes = claimFilters(request);
  const limit = Math.max(0, ...lanes.map((lane) => lane.limit));
  const known = knownLanes(lanes);
  const acks = JSON.stringify([...(request.acks ?? [])]);
  const reclaimed: ReclaimedInstance[] = [];
  const lost = [];
  let skip = 0;
  let isWaiting = false;
  for (let window = 1; ; window++) {
    const room = limit - reclaimed.length;
    const answer = await scripts.run(SCRIPTS.reclaim, [now, word(owner), leaseMs, room, skip, acks, ...known]);
    const [nowText, next, left, more, taken, ended, waiting, started] = answer as ReclaimReply;
    isWaiting ||= Number(waiting) === 1;
    for (const each of taken) reclaimed.push(...toReclaimed(each));
    for (const each of started) reclaimed.push(...asStarted(each));
    for (const [id, row] of pairs(ended)) lost.push(...readRow(id, row));
    const isMore = Number(more) === 1;
    skip += Number(left);
    const isFull = taken.length >= room && (Number(left) > 0 || isMore);
    if (isMore && !isFull && window < WINDOWS_MAX) continue;
    const nowMs = Number(nowText);
    const nextExpiryMs = isFull ? nowMs : next === "" ? null : Number(next);
    return { nowMs, reclaimed, lost, nextExpiryMs, hasQueued: isWaiting };
  }
}

/** The lanes as the script takes them. */
export function knownLanes(lanes: readonly ClaimFilter[]): string[] {
  const [first] = lanes;
  if (lanes.length === 1 && first!.executor === undefined)
    return first!.tasks === undefined ? [""] : ["tasks", ...new Set(first!.tasks)];
  if (lanes.length === 1 && first!.tasks === undefined) return ["executor", first!.executor!];
  const names = lanes.flatMap(({ executor, tasks = [] }) => tasks.map((task) => laneOf(executor!, task)));
  return ["lanes", ...new Set(names)];
}

/** Token of a started waiting run: no dispatch gives it, so that a repeated one does not pass for its owner. */
const STARTED_TOKEN = 2;

/** None when the job cannot be read: its lease ends, and it is delivered again or lost. */
function asStarted([instanceId, head, spec]: Started): ReclaimedInstance[] {
  try {
    const instance = { instanceId, token: STARTED_TOKEN, attempt: 1, runs: [runOfHead(head)], wasQueued: true };
    return [{ ...instance, job: decodeJob(spec, null, 0) }];
  } catch {
    return [];
  }
}

/** None when the job cannot be read any more: the run is delivered again, and given up after its last delivery. */
function toReclaimed([instanceId, token, attempt, plan, spec, unfinished]: Taken): ReclaimedInstance[] {
  try {
    const job = decodeJob(spec, null, 0);
    return [{ instanceId, token: Number(token), attempt: Number(attempt), job, runs: plannedRuns(plan, unfinished) }];
  } catch {
    return [];
  }
}

function keyOf({ instanceId, token }: InstanceKey): Argument[] {
  return [instanceId, token];
}

export function* batches<T>(all: readonly T[], size = BATCH): Generator<readonly T[]> {
  for (let from = 0; from < all.length; from += size) yield all.slice(from, from + size);
}

export function* pairs(flat: readonly string[]): Generator<[string, string]> {
  for (let at = 0; at + 1 < flat.length; at += 2) yield [flat[at]!, flat[at + 1]!];
}
