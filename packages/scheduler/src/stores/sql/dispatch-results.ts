import type { DispatchRequest, DispatchResult, NewInstance, PlannedRun } from "../../core/job-store.js";
import type { SqlRow } from "./execution-row.js";
import { ms, msOrNull } from "./values.js";

/** Result without runs: nothing is left to do, and nothing is leased. */
export const NOTHING: DispatchResult = { kind: "started", token: 0, runs: [] };
export const STALE: DispatchResult = { kind: "stale" };
/** Token of a new instance. */
export const FIRST_TOKEN = 1;
const NAME_MAX = 190;

/** Execution as it is written first. */
export interface NewExecution {
  readonly id: string;
  readonly jobId: string;
  readonly jobName: string;
  readonly incarnation: string;
  readonly scheduledAt: number;
  readonly submittedAt: number;
  readonly finishedAt: number | null;
  readonly state: "submitted" | "queued" | "max_instances";
  readonly owner: string;
  readonly instanceId: string;
}

/** Returns the executions of a request; with `isFull` there is no slot for them. */
export function newExecutions({ claim, instance }: DispatchRequest, isFull: boolean, nowMs: number): NewExecution[] {
  const { job, id: instanceId, owner, runs, overlap = "skip", skipExistingExcept } = instance!;
  // A run by hand may have a run time of the trigger: its instance distinguishes it.
  const incarnation = claim === undefined && skipExistingExcept === undefined ? instanceId : job.incarnation;
  const jobName = job.name.length <= NAME_MAX ? job.name : [...job.name].slice(0, NAME_MAX).join("");
  return runs.map(({ executionId: id, scheduledAt }, at) => ({
    ...{ id, jobId: job.id, jobName, incarnation, scheduledAt, submittedAt: nowMs },
    ...startOf(isFull, overlap !== "skip" && at === runs.length - 1, nowMs),
    ...{ owner, instanceId },
  }));
}

/** Returns the end of the execution and its state, as they are written first. */
function startOf(isFull: boolean, waits: boolean, nowMs: number): Pick<NewExecution, "finishedAt" | "state"> {
  if (!isFull) return { finishedAt: null, state: "submitted" };
  return waits ? { finishedAt: null, state: "queued" } : { finishedAt: nowMs, state: "max_instances" };
}

/** Nothing is written of a backfill that finds no place: it can be asked for again. */
export function isLeftAlone(request: DispatchRequest, full: ReadonlySet<DispatchRequest>): boolean {
  return request.instance?.skipExistingExcept !== undefined && full.has(request);
}

export function mayWait({ instance }: DispatchRequest): boolean {
  return (instance?.overlap ?? "skip") !== "skip";
}

/** True when the job exists and, for a claimed one, its claim is valid. */
export function holds(row: SqlRow | undefined, { claim }: DispatchRequest): boolean {
  if (row === undefined) return false;
  return claim === undefined || (ms(row["version"]) === claim.version && ms(row["lease_until"]) > 0);
}

/** True when the job is as the request left it: the request is a repetition. */
export function isDone(row: SqlRow | undefined, { claim }: DispatchRequest): boolean {
  if (row === undefined || claim === undefined) return false;
  return (
    ms(row["version"]) === claim.version + 1 &&
    msOrNull(row["next_run_ms"]) === claim.nextRunMs &&
    ms(row["lease_until"]) === 0
  );
}

/** Returns the first request of each claim, which can be used once, also within a batch. */
export function firstOfEachClaim(requests: readonly DispatchRequest[]): Set<DispatchRequest> {
  const claimed = new Set<string>();
  return new Set(
    requests.filter(({ jobId, claim }) => {
      if (claim === undefined) return true;
      if (claimed.has(jobId)) return false;
      claimed.add(jobId);
      return true;
    }),
  );
}

/** Returns the result of a request that was applied before, whose answer was lost; undefined when it was not. */
export function repeatedResult(
  instance: NewInstance,
  open: SqlRow | undefined,
  states: ReadonlyMap<string, string>,
): DispatchResult | undefined {
  const known = (run: PlannedRun) => states.get(run.executionId);
  if (!instance.runs.some((run) => known(run) !== undefined)) return undefined;
  const last = instance.runs.at(-1)!;
  if (known(last) === "queued") return { kind: "queued", superseded: [], cancel: [] };
  if (instance.runs.some((run) => known(run) === "max_instances")) return { kind: "max_instances" };
  const isOurs = open !== undefined && open["owner"] === instance.owner && ms(open["token"]) === FIRST_TOKEN;
  if (!isOurs) return NOTHING; // ended, or reclaimed since
  const unfinished = instance.runs.filter((run) => known(run) === "submitted" || known(run) === "running");
  return { kind: "started", token: ms(open["token"]), runs: unfinished };
}
