import type { DurationStatistics } from "../core/execution.js";

/** Returns the average and the 95th percentile by nearest rank, of at least one duration. */
export function statisticsOf(durations: readonly number[]): DurationStatistics {
  const sorted = [...durations].sort((a, b) => a - b);
  const sum = sorted.reduce((total, duration) => total + duration, 0);
  return { runs: sorted.length, averageMs: sum / sorted.length, p95Ms: sorted[Math.ceil(sorted.length * 0.95) - 1]! };
}
