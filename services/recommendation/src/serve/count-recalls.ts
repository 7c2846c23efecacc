import type { Metrics } from "@headline/service/metrics";
import type { PlannedRecall } from "../feed/candidate.js";

/** Counts the candidates and the failures of each recall. */
export function countRecalls(metrics: Metrics) {
  const candidates = metrics.counter({
    name: "headline_recalled_candidates_total",
    help: "Candidates that a recall named, before duplicates went",
    labels: ["recall"],
  });
  const failures = metrics.counter({
    name: "headline_recall_failures_total",
    help: "Times a recall failed; its articles were missing from a page",
    labels: ["recall"],
  });
  return {
    measured(planned: PlannedRecall): PlannedRecall {
      const named = candidates.of(planned.reason);
      return {
        ...planned,
        recall: (reader, want, keep) => {
          const slots = planned.recall(reader, want, keep);
          named.add(slots.length);
          return slots;
        },
      };
    },
    failed: (recall: string) => failures.of(recall).add(),
  };
}
