import { describeThrown } from "../core/describe-thrown.js";
import type { Report } from "../core/job-store.js";
import type { Json } from "../core/json.js";
import type { ActiveRun } from "./active-run.js";

/** New state of a run. */
export interface RunUpdate {
  readonly state: Report["state"];
  readonly attempt: number;
  readonly value?: Json | undefined;
  readonly error?: unknown;
  /** True with the last run of the instance. */
  readonly last: boolean;
}

/** Converts a run update to a store report. */
export function toReport(run: ActiveRun, { state, attempt, value, error, last }: RunUpdate, nowMs: number): Report {
  const hasEnded = state !== "running" && state !== "submitted";
  const thrown = error === undefined ? undefined : describeThrown(error);
  return {
    instanceId: run.instance.id,
    token: run.instance.token,
    executionId: run.executionId,
    state,
    attempt,
    startedAt: run.startedAt,
    finishedAt: hasEnded ? nowMs : null,
    result: value ?? null,
    error: thrown?.message ?? null,
    stack: thrown?.stack ?? null,
    last,
  };
}
