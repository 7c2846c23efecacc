import type { Report } from "../job-store.js";
import type { Json } from "../json.js";
import type { ActiveRun } from "./active-run.js";
import { messageOf, stackOf } from "./error-text.js";

/** What is to be told of a run. */
export interface RunNews {
  readonly state: Report["state"];
  readonly attempt: number;
  readonly value?: Json | undefined;
  readonly error?: unknown;
  /** The instance ends with it. */
  readonly last: boolean;
}

const ERROR_MAX = 2_000;
const STACK_MAX = 8_000;

/** The news as the store takes them. */
export function reportOf(run: ActiveRun, { state, attempt, value, error, last }: RunNews, nowMs: number): Report {
  const ended = state !== "running" && state !== "submitted";
  return {
    instanceId: run.held.id,
    token: run.held.token,
    executionId: run.executionId,
    state,
    attempt,
    startedAt: run.startedAt,
    finishedAt: ended ? nowMs : null,
    result: value ?? null,
    error: error === undefined ? null : messageOf(error).slice(0, ERROR_MAX),
    stack: error === undefined ? null : stackOf(error).slice(0, STACK_MAX),
    last,
  };
}
