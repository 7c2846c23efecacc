import type { Sample } from "./prometheus-text.js";
import type { Scrape } from "./scrape.js";

/** Counts of the last minutes, over all processes. */
export interface Counted {
  /** Start of the counts, epoch ms; undefined for the start of each process. */
  readonly sinceMs: number | undefined;
  /** Returns the sums of a counter, by the values of these labels. */
  by(name: string, ...labels: readonly string[]): Map<string, number>;
  sum(name: string, where?: Readonly<Record<string, string>>): number;
}

interface Reading {
  readonly atMs: number;
  readonly values: ReadonlyMap<string, number>;
}

const KEPT_MS = 5 * 60 * 1_000;
/** Shortest period that is compared; before it, the counts since the start of the processes are shown. */
const PERIOD_MIN_MS = 60 * 1_000;
const KEPT_MAX = 100;

/** Keeps the readings of the last minutes, so that a page shows recent counts and not only totals. */
export class RecentScrapes {
  #readings: Reading[] = [];

  /** Counts between the oldest retained reading, if that is old enough, and these. */
  counted(scrapes: readonly Scrape[], nowMs: number): Counted {
    const values = new Map(
      scrapes.flatMap((scrape) => {
        const keyOf = keysOf(scrape);
        return scrape.samples.map((sample) => [keyOf(sample), sample.value] as const);
      }),
    );
    this.#readings = this.#readings.filter(({ atMs }) => nowMs - atMs < KEPT_MS);
    const before = this.#readings.find(({ atMs }) => nowMs - atMs >= PERIOD_MIN_MS);
    if (this.#readings.length < KEPT_MAX) this.#readings.push({ atMs: nowMs, values });
    const grown = scrapes.flatMap((scrape) => {
      const keyOf = keysOf(scrape);
      return scrape.samples.map((sample) => ({
        ...sample,
        value: growth(sample.value, before?.values.get(keyOf(sample))),
      }));
    });
    return { sinceMs: before?.atMs, ...summing(grown) };
  }
}

function summing(samples: readonly Sample[]): Pick<Counted, "by" | "sum"> {
  return {
    by(name, ...labels) {
      const sums = new Map<string, number>();
      for (const sample of samples) {
        if (sample.name !== name || !(sample.value > 0)) continue;
        const key = labels.map((label) => sample.labels[label] ?? "").join(" · ");
        sums.set(key, (sums.get(key) ?? 0) + sample.value);
      }
      return new Map([...sums].sort(([, one], [, other]) => other - one));
    },
    sum(name, where = {}) {
      return samples
        .filter((sample) => sample.name === name && !Number.isNaN(sample.value))
        .filter(({ labels }) => Object.entries(where).every(([label, value]) => labels[label] === value))
        .reduce((total, { value }) => total + value, 0);
    },
  };
}

/** A counter that went back belongs to a process that began anew. */
function growth(value: number, before: number | undefined): number {
  return before === undefined || before > value ? value : value - before;
}

/** One address may be answered by several replicas; their start times differ. */
function keysOf({ source, samples }: Scrape): (sample: Sample) => string {
  const began = samples.find((sample) => sample.name === "process_start_time_seconds")?.value;
  return ({ name, labels }) => `${source} ${began} ${name} ${JSON.stringify(labels)}`;
}
