import { type Log, rateLimitedLog } from "../log/log.js";
import type { Metrics } from "./metrics.js";

/** Receives the error of each stored value that cannot be read; `of` is what the values are: `article`. */
export type OnUnreadable = (of: string) => (error: unknown) => void;

const LOG_EVERY_MS = 1_000;

/** Counts stored values that cannot be read and are left out, and logs the first of each second. */
export function countUnreadable(metrics: Metrics, log: Log): OnUnreadable {
  const counts = metrics.counter({
    name: "headline_unreadable_values_total",
    help: "Values of MySQL or Redis that cannot be read and are left out, by what they are",
    labels: ["of"],
  });
  return (of) => {
    const count = counts.of(of);
    const report = rateLimitedLog(log, `${of}: a value cannot be read and is left out`, { everyMs: LOG_EVERY_MS });
    return (error) => {
      count.add();
      report(error);
    };
  };
}
