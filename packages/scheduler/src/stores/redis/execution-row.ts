import type { Execution, ExecutionState } from "../../core/execution.js";
import type { JobRecord } from "../../core/job-record.js";
import type { PlannedRun, Report } from "../../core/job-store.js";
import type { Json } from "../../core/json.js";
import { resultText } from "../result-text.js";
import { UNREADABLE_OUTCOME } from "../unreadable.js";

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
  queued: "q",
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

export function outcomeLine({ executionId, result, error, stack }: Report): string {
  if (result === null && error === null && stack === null) return "";
  const kept = result === null ? "null" : resultText(executionId, result);
  return `[${kept},${JSON.stringify(error)},${JSON.stringify(stack)}]`;
}

export function natureOf(job: JobRecord, run: PlannedRun, instanceId: string, isByHand: boolean): string {
  const nature: Nature = [job.id, job.name, run.scheduledAt, isByHand ? null : job.incarnation, instanceId];
  return JSON.stringify(nature);
}

/** Returns the row of an execution that has ended in another store; nothing may report on it. */
export function addedRow(execution: Execution): string {
  const { id, jobId, jobName, scheduledAt, submittedAt, startedAt, finishedAt, state, owner, attempt } = execution;
  const { result, error, stack } = execution;
  const nature: Nature = [jobId, jobName, scheduledAt, null, ""];
  return [
    `${LETTERS[state]}0 ${attempt} ${startedAt ?? "-"} ${finishedAt ?? "-"}`,
    `${submittedAt} ${word(owner)} ${JSON.stringify(nature)}`,
    result === null && error === null && stack === null
      ? ""
      : `[${result === null ? "null" : resultText(id, result)},${JSON.stringify(error)},${JSON.stringify(stack)}]`,
  ].join("\n");
}

/** Returns the key of one (job, incarnation, run time). */
export function onceField(jobId: string, incarnation: string, scheduledAt: number): string {
  return `${scheduledAt} ${incarnation.length} ${incarnation}${jobId}`;
}

/** Reads a row's middle line, or the outcome after it; undefined for an unreadable one. */
export function readNature(text: string): Nature | undefined {
  try {
    const nature = JSON.parse(text.slice(text.indexOf(" ", text.indexOf(" ") + 1) + 1)) as Nature;
    return Array.isArray(nature) && typeof nature[0] === "string" ? nature : undefined;
  } catch {
    return undefined;
  }
}

/** The execution of a row; none for a row that cannot be read, so that it hides no other. */
export function readRow(id: string, row: string): Execution[] {
  try {
    return [executionOf(id, row)];
  } catch {
    return [];
  }
}

type Outcome = readonly [result: Json, error: string | null, stack: string | null];

/** Reads an outcome; an unreadable one becomes an error: the run is known to have ended. */
function readOutcome(text: string): Outcome {
  if (text === "") return [null, null, null];
  try {
    const [result, error, stack] = JSON.parse(text) as Outcome;
    return [result, error, stack];
  } catch {
    return [null, UNREADABLE_OUTCOME, null];
  }
}

function executionOf(id: string, row: string): Execution {
  const [state, nature, outcome = ""] = row.split("\n") as [string, string, string?];
  const [letter, attempt, started, finished] = state.split(" ") as [string, string, string, string];
  const [submitted, owner] = nature.split(" ", 2) as [string, string];
  const is = STATES.get(letter[0] ?? "");
  const known = readNature(nature);
  if (is === undefined || known === undefined) throw new SyntaxError(`execution "${id}" cannot be read`);
  const [jobId, jobName, scheduledAt] = known;
  const [result, error, stack] = readOutcome(outcome);
  const startedAt = msOrNull(started);
  const finishedAt = msOrNull(finished);
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

/** Undefined for a row that cannot be read. */
export function natureOfRow(row: string): Nature | undefined {
  return readNature(row.split("\n", 2)[1] ?? "");
}

export function msOrNull(text: string): number | null {
  return text === "-" ? null : Number(text);
}
