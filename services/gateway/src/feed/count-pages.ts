import type { Metrics } from "@headline/service/metrics";
import { type HydratedPage, PAGE_MODES } from "./page.js";

/** Counts pages by mode and by whether they are degraded. */
export function countPages(metrics: Metrics): (page: HydratedPage) => void {
  const pages = metrics.counter({
    name: "headline_feed_pages_total",
    help: "Pages of the home feed, by how they came about, and whether some part of it was away",
    labels: ["mode", "degraded"],
  });
  const counts = Object.fromEntries(
    PAGE_MODES.map((mode) => [mode, { live: pages.of(mode, "false"), degraded: pages.of(mode, "true") }]),
  );
  const without = metrics.counter({
    name: "headline_feed_pages_without_total",
    help: "Pages that were chosen without something of the reader, which was not read in time",
    labels: ["without"],
  });
  return ({ page, degraded }) => {
    counts[page.mode]?.[degraded ? "degraded" : "live"].add();
    for (const name of page.without) without.of(name).add();
  };
}
