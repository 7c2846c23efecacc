import { encodeJob, type JobRecord, waitingJob } from "../../core/job-record.js";
import type { Decision, PlannedRun, Queued, Verdict } from "../../core/job-store.js";
import { startsWithoutNextRun } from "../../core/run-limit.js";
import type { Overlap } from "../../core/task.js";
import { mostDeliveries } from "../deliveries.js";
import { letterOf, natureOf, onceField, word } from "./execution-row.js";
import { laneOfJob } from "./lane.js";
import { dispatch as lua } from "./lua/dispatch.js";
import { type Argument, Script, type Scripts } from "./script.js";

const script = new Script(lua);

/** Decisions in one script call, and runs, unless one decision has more. */
const DECISIONS_MAX = 200;
const RUNS_MAX = 1_000;

/** Of an instance that is to have each run time once although it has no claim: before the letters of `once`. */
const ONCE = "o";

const OVERLAP_LETTERS: Readonly<Record<Overlap, string>> = { skip: "", "queue-one": "q", "cancel-other": "c" };

/** Splits decisions into script calls, during which Redis does nothing else. `isStored` when Redis has that very job. */
export async function dispatch(
  scripts: Scripts,
  now: string,
  decisions: readonly Decision[],
  isStored: (job: JobRecord, version: number) => boolean,
): Promise<Verdict[]> {
  const verdicts: Verdict[] = [];
  for (let from = 0; from < decisions.length; ) {
    const batch = batchFrom(decisions, from);
    const args: Argument[] = [now, batch.length];
    for (const decision of batch) addDecision(args, decision, isStored);
    const answers = (await scripts.run(script, args)) as string[];
    for (let at = 0; at < batch.length; at++) verdicts.push(verdictOf(answers[at]!, batch[at]!));
    from += batch.length;
  }
  return verdicts;
}

function batchFrom(decisions: readonly Decision[], from: number): readonly Decision[] {
  let to = from;
  let runs = 0;
  while (to < decisions.length && to - from < DECISIONS_MAX) {
    runs += decisions[to]!.instance?.runs.length ?? 0;
    if (runs > RUNS_MAX && to > from) break;
    to++;
  }
  return from === 0 && to === decisions.length ? decisions : decisions.slice(from, to);
}

function addDecision(
  args: Argument[],
  decision: Decision,
  isStored: (job: JobRecord, version: number) => boolean,
): void {
  const { jobId, claim, instance } = decision;
  args.push(jobId, claim?.version ?? "", claim?.nextRunMs ?? "", claim?.uncounted ?? "", instance?.id ?? "");
  if (instance === undefined) return;
  const { job, owner, runs, leaseMs, offered = false, overlap = "skip", once } = instance;
  const isByHand = claim === undefined && once === undefined;
  const most = mostDeliveries(job);
  const lane = laneOfJob(job);
  const known = claim !== undefined && isStored(job, claim.version);
  args.push(
    offered ? 0 : leaseMs,
    `${offered ? 0 : 1} ${most} ${offered ? 1 : 0}`,
    word(owner),
    lane,
    JSON.stringify(runs.flatMap(({ executionId, scheduledAt }) => [executionId, scheduledAt])),
    known ? "" : encodeJob(job),
    once === undefined ? OVERLAP_LETTERS[overlap] : `${ONCE}${once.map(letterOf).join("")}`,
    overlap === "skip" ? "" : waitingText(decision, lane),
    runs.length,
  );
  for (const run of runs) {
    const field = isByHand ? "" : onceField(jobId, job.incarnation, run.scheduledAt);
    args.push(run.executionId, field, natureOf(job, run, instance.id, isByHand));
  }
}

function verdictOf(answer: string, { instance }: Decision): Verdict {
  if (answer === "*") return { kind: "started", token: 1, runs: instance!.runs };
  if (answer === "s") return { kind: "stale" };
  if (answer === "m") return { kind: "max_instances" };
  if (answer.startsWith("q")) return queuedVerdict(answer.slice(1));
  if (answer === "n") return { kind: "started", token: 0, runs: [] };
  const [token, ...which] = answer.trimEnd().split(" ");
  return { kind: "started", token: Number(token), runs: which.map((index) => instance!.runs[Number(index)]!) };
}

/** The last run as it waits: its head (see `waitingLua`), then its job. */
function waitingText(decision: Decision, lane: string): string {
  const { id, job, runs } = decision.instance!;
  const { executionId, scheduledAt } = runs.at(-1)!;
  const head: WaitingHead = [
    startsWithoutNextRun(decision) ? 1 : 0,
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
function queuedVerdict(text: string): Queued {
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
