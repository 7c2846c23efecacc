import type { Sample } from "./series.js";

/** Histogram of durations with a few buckets. */
export class Timing {
  readonly #counts: Float64Array;
  #sum = 0;

  /** @param bounds the upper ends of the buckets, in seconds, ascending. */
  constructor(private readonly bounds: readonly number[]) {
    this.#counts = new Float64Array(bounds.length + 1);
  }

  observeMs(ms: number): void {
    const seconds = ms / 1_000;
    const { bounds } = this;
    let bucket = 0;
    while (bucket < bounds.length && seconds > (bounds[bucket] as number)) bucket += 1;
    this.#counts[bucket] = (this.#counts[bucket] as number) + 1;
    this.#sum += seconds;
  }

  /** As Prometheus wants them: each bucket counts what is in those below it as well. */
  samples(name: string, labels: Readonly<Record<string, string>>): Sample[] {
    let count = 0;
    const buckets = [...this.#counts].map((inBucket, index) => {
      count += inBucket;
      const le = this.bounds[index] ?? "+Inf";
      return { metricName: `${name}_bucket`, value: count, labels: { ...labels, le } };
    });
    return [
      ...buckets,
      { metricName: `${name}_sum`, value: this.#sum, labels },
      { metricName: `${name}_count`, value: count, labels },
    ];
  }
}
