import type { CorrectionReport } from "@headline/newsroom/statistics";

/** Result of a correction as its execution stores it. */
export interface CorrectionSummary {
  readonly members_checked: number;
  /** Counts that were not what they count, in MySQL and in Redis. */
  readonly wrong: number;
  readonly largest_error: number;
  readonly repaired: number;
  readonly unrepaired: number;
  readonly complete: boolean;
  readonly took_ms: number;
}

export function summarized({ statistics, complete, tookMs }: CorrectionReport): {
  -readonly [K in keyof CorrectionSummary]: CorrectionSummary[K];
} {
  const counters = statistics.flatMap((report) => Object.values(report.counters));
  const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0);
  return {
    members_checked: sum(statistics.map((report) => report.membersChecked)),
    wrong: sum(counters.map((counter) => counter.wrongInMysql + counter.wrongInRedis)),
    largest_error: Math.max(0, ...counters.map((counter) => counter.largestError)),
    repaired: sum(counters.map((counter) => counter.repaired)),
    unrepaired: sum(statistics.map((report) => report.unrepaired)),
    complete,
    took_ms: Math.round(tookMs),
  };
}
