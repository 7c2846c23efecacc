import { clickRate, FEEDS, type Round, type Summary } from "./measures.js";
import type { Failures } from "./simulate.js";

const ROWS_MAX = 15;

/** The click rates over time as a table, several rounds in a row where there are many, and what they come to. */
export function report(rounds: readonly Round[], summary: Summary, failures: Failures): string {
  const perRow = Math.max(1, Math.ceil(rounds.length / ROWS_MAX));
  const rows = [["round", ...FEEDS, "ours ÷ popularity", "ours ÷ oracle"]];
  for (let from = 0; from < rounds.length; from += perRow) {
    const some = rounds.slice(from, from + perRow);
    const [ours, popularity, oracle] = FEEDS.map((feed) => clickRate(some, feed)) as [number, number, number];
    const name = some.length === 1 ? `${from + 1}` : `${from + 1}–${from + some.length}`;
    rows.push([
      name,
      percent(ours),
      percent(popularity),
      percent(oracle),
      times(ours / popularity),
      times(ours / oracle),
    ]);
  }
  return ["", "clicks per article looked at", aligned(rows), "", ...conclusions(summary), ...complaints(failures)].join(
    "\n",
  );
}

function conclusions({ first, last, overPopularity, overOracle, shareOfPossibleGain }: Summary): string[] {
  return [
    `first third: ours ${percent(first.ours)}, popularity ${percent(first.popularity)}, oracle ${percent(first.oracle)}`,
    `last third:  ours ${percent(last.ours)}, popularity ${percent(last.popularity)}, oracle ${percent(last.oracle)}`,
    `In the last third ours is ${times(overPopularity)} popularity and ${times(overOracle)} the oracle: ` +
      `${percent(shareOfPossibleGain)} of the way from the one to the other.`,
  ];
}

/** Faults that make the figures worth less. */
function complaints(failures: Failures): string[] {
  return Object.entries({
    "refreshes failed": failures.refreshesFailed,
    "pages were degraded: the recommender was slow or away": failures.degraded,
    "pages had fewer articles than asked for": failures.shortPages,
    "uploads of events failed": failures.uploadsFailed,
    "events were refused": failures.eventsRefused,
  })
    .filter(([, count]) => count > 0)
    .map(([what, count]) => `${count} ${what}`);
}

function percent(rate: number): string {
  return `${(100 * rate).toFixed(1)} %`;
}

function times(ratio: number): string {
  return `${ratio.toFixed(2)}×`;
}

function aligned(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? "").length)));
  return rows.map((row) => row.map((cell, column) => cell.padStart(widths[column] ?? 0)).join("  ")).join("\n");
}
