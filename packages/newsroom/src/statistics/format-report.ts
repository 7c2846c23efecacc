import type { CorrectionReport } from "./correction-report.js";

const HEADINGS = ["counter", "checked", "in Redis", "missing", "wrong in MySQL", "wrong in Redis", "stale"];

/** The report as a table for people, a line for each counter. */
export function formatReport({ statistics, complete, tookMs }: CorrectionReport): string {
  const lines = statistics.flatMap((of) =>
    Object.entries(of.counters).map(([counter, found]) => [
      `${of.name} ${counter}`,
      of.membersChecked,
      of.membersCheckedInRedis,
      of.missingInRedis,
      found.wrongInMysql,
      found.wrongInRedis,
      found.staleInRedis,
      found.largestError,
      found.repaired,
    ]),
  );
  const table = [[...HEADINGS, "largest error", "repaired"], ...lines].map((line) => line.map(String));
  const widths = table[0]?.map((_, column) => Math.max(...table.map((line) => line[column]?.length ?? 0))) ?? [];
  const rows = table.map((line) =>
    line
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join("  "),
  );
  return [...rows, `${complete ? "Complete" : "Not complete"} after ${Math.round(tookMs)} ms.`].join("\n");
}
