import { describeThrown } from "../core/describe-thrown.js";
import type { Report } from "../core/job-store.js";
import type { Json } from "../core/json.js";
import type { ActiveRun } from "./active-run.js";

/** What is to be told of a run. */
export interface RunNews {
  readonly state: Report["state"];
  readonly attempt: number;
  readonly value?: Json | undefined;
  readonly error?: unknown;
  /** The instance ends with it. */
  readonly last: boolean;
}

/** The news as the store takes them. */
export function reportOf(run: ActiveRun, { state, attempt, value, error, last }: RunNews, nowMs: number): Report {
  const ended = state !== "running" && state !== "submitted";
  const thrown = error === undefined ? undefined : describeThrown(error);
  return {
    instanceId: run.held.id,
    token: run.held.token,
    executionId: run.executionId,
    state,
    attempt,
    startedAt: run.startedAt,
    finishedAt: ended ? nowMs : null,
    result: value ?? null,
    error: thrown?.message ?? null,
    stack: thrown?.stack ?? null,
    last,
  };
}
