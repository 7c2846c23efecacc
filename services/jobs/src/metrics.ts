import type { Scheduler } from "@headline/scheduler";
import type { Metrics as ProcessMetrics } from "@headline/service/metrics";
import { Counter, Gauge, Histogram } from "prom-client";
import type { CorrectionSummary } from "./tasks/correction-summary.js";

/** Metrics of the job service. */
export interface Metrics {
  readonly contentType: string;
  text(): Promise<string>;
  corrected(report: CorrectionSummary): void;
}

const RUN_SECONDS = [0.01, 0.05, 0.25, 1, 5, 30, 120, 600];

/** Counts the scheduler's runs by the kind of job and the outcome, and keeps what the last correction found. `kinds` are the ids up to their colon. */
export function createMetrics({ registry }: ProcessMetrics, scheduler: Scheduler, kinds: ReadonlySet<string>): Metrics {
  const registers = [registry];
  const runs = new Counter({
    name: "headline_job_runs_total",
    help: "Runs that ended, by how they ended",
    labelNames: ["job", "outcome"],
    registers,
  });
  const seconds = new Histogram({
    name: "headline_job_run_seconds",
    help: "How long runs took",
    labelNames: ["job"],
    buckets: RUN_SECONDS,
    registers,
  });
  const correction = (name: string, help: string) =>
    new Gauge({
      name: `headline_correction_${name}`,
      help: `${help}, in the last correction of this process`,
      registers,
    });
  const checked = correction("members_checked", "Counted subjects that were compared with what they count");
  const wrong = correction("wrong", "Counts that were wrong");
  const largest = correction("largest_error", "How far the worst count was off");

  const kindOf = (jobId: string) => {
    const kind = jobId.replace(/:.*/, "");
    return kinds.has(kind) ? kind : "other"; // a label for each order would have no end
  };
  scheduler.on("job:executed", ({ jobId, durationMs }) => {
    runs.inc({ job: kindOf(jobId), outcome: "executed" });
    seconds.observe({ job: kindOf(jobId) }, durationMs / 1_000);
  });
  scheduler.on("job:error", ({ jobId }) => runs.inc({ job: kindOf(jobId), outcome: "error" }));
  scheduler.on("job:missed", ({ jobId }) => runs.inc({ job: kindOf(jobId), outcome: "missed" }));
  scheduler.on("job:maxInstances", ({ jobId }) => runs.inc({ job: kindOf(jobId), outcome: "max_instances" }));

  return {
    contentType: registry.contentType,
    text: () => registry.metrics(),
    corrected(report) {
      checked.set(report.members_checked);
      wrong.set(report.wrong);
      largest.set(report.largest_error);
    },
  };
}
