import type { Execution, ExecutionState } from "../../core/execution.js";
import type { JobRecord } from "../../core/job-record.js";
import type { PlannedRun, Report } from "../../core/job-store.js";
import type { Json } from "../../core/json.js";

/**
 * An execution's row is three lines, so that scripts can replace the first and the last without reading JSON:
 *
 *     <letter of the state><token> <attempt> <started or -> <finished or ->
 *     <submitted> <owner, JSON without spaces> [job id, job name, run time, incarnation or null, instance id]
 *     [result, error, stack], or nothing
 */
type Nature = readonly [
  jobId: string,
  jobName: string,
  scheduledAt: number,
  incarnation: string | null,
  instanceId: string,
];

const LETTERS: Readonly<Record<ExecutionState, string>> = {
  submitted: "s",
  running: "r",
  executed: "x",
  error: "e",
  missed: "i",
  max_instances: "m",
  lost: "l",
  cancelled: "c",
};
const STATES = new Map(Object.entries(LETTERS).map(([state, letter]) => [letter, state as ExecutionState]));

export function letterOf(state: ExecutionState): string {
  return LETTERS[state];
}

/** JSON without spaces: a word of a line. */
export function word(text: string): string {
  return JSON.stringify(text).replaceAll(" ", "\\u0020");
}

export function stateLine({ state, token, attempt, startedAt, finishedAt }: Report): string {
  return `${LETTERS[state]}${token} ${attempt} ${startedAt ?? "-"} ${finishedAt ?? "-"}`;
}

export function outcomeLine({ result, error, stack }: Report): string {
  return result === null && error === null && stack === null ? "" : JSON.stringify([result, error, stack]);
}

export function natureOf(job: JobRecord, run: PlannedRun, instanceId: string, isByHand: boolean): string {
  const nature: Nature = [job.id, job.name, run.scheduledAt, isByHand ? null : job.incarnation, instanceId];
  return JSON.stringify(nature);
}

/** What one (job, incarnation, run time) is known by. */
export function onceField(jobId: string, incarnation: string, scheduledAt: number): string {
  return `${scheduledAt} ${incarnation.length} ${incarnation}${jobId}`;
}

/** Of a row's middle line, or of what follows it. */
export function readNature(text: string): Nature {
  return JSON.parse(text.slice(text.indexOf(" ", text.indexOf(" ") + 1) + 1)) as Nature;
}

export function readRow(id: string, row: string): Execution {
  const [state, nature, outcome] = row.split("\n") as [string, string, string];
  const [letter, attempt, started, finished] = state.split(" ") as [string, string, string, string];
  const [submitted, owner] = nature.split(" ", 2) as [string, string];
  const [jobId, jobName, scheduledAt] = readNature(nature);
  const [result, error, stack] = (outcome === "" ? [null, null, null] : JSON.parse(outcome)) as [
    Json,
    string | null,
    string | null,
  ];
  const startedAt = msOrNull(started);
  const finishedAt = msOrNull(finished);
  const is = STATES.get(letter[0]!)!;
  return {
    id,
    jobId,
    jobName,
    scheduledAt,
    submittedAt: Number(submitted),
    startedAt,
    finishedAt,
    durationMs: startedAt === null || finishedAt === null || is === "lost" ? null : finishedAt - startedAt,
    state: is,
    owner: JSON.parse(owner) as string,
    attempt: Number(attempt),
    result,
    error,
    stack,
  };
}

export function instanceOf(row: string): string {
  return readNature(row.split("\n", 2)[1]!)[4];
}

export function msOrNull(text: string): number | null {
  return text === "-" ? null : Number(text);
}
