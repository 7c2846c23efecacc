import type { Metrics } from "./metrics.js";

/** Where values were found: this process's memory, Redis, or the source. */
export interface CacheReads {
  readonly local: number;
  readonly redis: number;
  readonly source: number;
}

/** Reads of each cache, by the level that answered. */
export function readCaches(metrics: Metrics, caches: Readonly<Record<string, { readonly reads: CacheReads }>>): void {
  metrics.read({
    name: "headline_cache_reads_total",
    help: "Values read through a cache, by where they were found",
    type: "counter",
    labels: ["cache", "from"],
    read: () =>
      Object.entries(caches).flatMap(([name, { reads }]) =>
        (["local", "redis", "source"] as const).map((from) => [[name, from], reads[from]] as const),
      ),
  });
}
