import { collectDefaultMetrics, type Metric, Registry } from "prom-client";
import type { Log } from "../log/log.js";
import { problemsOf } from "../log/problems.js";
import { deadline } from "../timing/index.js";
import { Count } from "./count.js";
import { type Sample, Series } from "./series.js";
import { Timing } from "./timing.js";

interface Described {
  /** `headline_…`, with the unit last. */
  readonly name: string;
  readonly help: string;
  readonly labels?: readonly string[];
}

interface Read extends Described {
  readonly type?: "gauge" | "counter";
  /** Asked at every scrape: a number, or one for each combination of label values. What fails or takes long shows as NaN. */
  readonly read: () => Reading | Promise<Reading>;
}

type Reading = number | readonly (readonly [values: readonly string[], value: number])[];

/** Few, so that a scrape stays small: a local call, a page of the feed, its deadline, a background statement. */
const BUCKETS_SECONDS = [0.001, 0.005, 0.02, 0.05, 0.1, 0.3, 0.8, 3];
const READ_MS = 300;

/** Metrics of one process. Counting is an addition; everything else happens on a scrape. */
export class Metrics {
  readonly registry = new Registry();

  constructor(service: string) {
    collectDefaultMetrics({ register: this.registry });
    this.read({
      name: "headline_process_info",
      help: "Which service this process is",
      labels: ["service"],
      read: () => [[[service], 1]],
    });
  }

  get contentType(): string {
    return this.registry.contentType;
  }

  text(): Promise<string> {
    return this.registry.metrics();
  }

  counter({ labels = [], ...described }: Described): Series<Count> {
    const series = new Series(labels, () => new Count());
    this.#register(described, "counter", () => series.samples(({ value }, own) => [{ value, labels: own }]));
    return series;
  }

  timing({ labels = [], ...described }: Described): Series<Timing> {
    const series = new Series(labels, () => new Timing(BUCKETS_SECONDS));
    const { name } = described;
    this.#register(described, "histogram", () => series.samples((timing, own) => timing.samples(name, own)));
    return series;
  }

  /** Something that is known elsewhere already. */
  read({ labels = [], type = "gauge", read, ...described }: Read): void {
    this.#register(described, type, async () => {
      const reading = await deadline(() => read(), READ_MS).catch(() => Number.NaN);
      if (typeof reading !== "number")
        return reading.map(([values, value]) => ({ value, labels: named(labels, values) }));
      return labels.length === 0 ? [{ value: reading, labels: {} }] : []; // what cannot be read has no label values
    });
  }

  /** Warnings and errors in the log, by their message. */
  readProblems(log: Log): void {
    this.read({
      name: "headline_problems_logged_total",
      help: "Warnings and errors in the log, by message",
      type: "counter",
      labels: ["level", "message"],
      read: () => [...problemsOf(log)].map(({ level, message, times }) => [[level, message], times] as const),
    });
  }

  #register({ name, help }: Described, type: string, samples: () => Sample[] | Promise<Sample[]>): void {
    const get = async () => ({ name, help, type, values: await samples(), aggregator: "sum" });
    this.registry.registerMetric({ name, help, type, get } as unknown as Metric);
  }
}

function named(names: readonly string[], values: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.map((name, index) => [name, values[index] ?? ""]));
}
