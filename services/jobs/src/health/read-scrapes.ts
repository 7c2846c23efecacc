import type { Scrape } from "./scrape.js";

export interface ProcessSeen {
  readonly service: string;
  readonly source: string;
  /** NaN, like what follows, where it does not say. */
  readonly upSeconds: number;
  readonly memoryMb: number;
  readonly loopMs: number;
}

/** Health of each process by its own metrics. */
export function processesOf(scrapes: readonly Scrape[], atMs: number): ProcessSeen[] {
  return scrapes.map(({ source, samples }) => {
    const value = (name: string) => samples.find((sample) => sample.name === name)?.value ?? Number.NaN;
    return {
      service: samples.find(({ name }) => name === "headline_process_info")?.labels["service"] ?? "unknown",
      source,
      upSeconds: atMs / 1_000 - value("process_start_time_seconds"),
      memoryMb: Math.round(value("process_resident_memory_bytes") / 2 ** 20),
      loopMs: Math.round(value("nodejs_eventloop_lag_p99_seconds") * 1_000),
    };
  });
}

/** Whether the metrics of any process of `service` were read: without them its counts are unknown, and not 0. */
export function isRead(scrapes: readonly Scrape[], service: string): boolean {
  return scrapes.some(({ samples }) =>
    samples.some(({ name, labels }) => name === "headline_process_info" && labels["service"] === service),
  );
}

/** The worst that any process says of a pile; undefined when none could say. Counts of what is open add up. */
export function pileOf(scrapes: readonly Scrape[], name: string): number | undefined {
  const values = scrapes
    .flatMap(({ samples }) => samples.filter((sample) => sample.name === name).map(({ value }) => value))
    .filter((value) => !Number.isNaN(value));
  if (values.length === 0) return undefined;
  return name === "headline_open_sockets" ? values.reduce((sum, value) => sum + value, 0) : Math.max(...values);
}
