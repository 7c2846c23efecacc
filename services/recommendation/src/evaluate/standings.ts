import type { ListMeasures, PoolMeasures } from "./measures.js";

export type Figures = Readonly<Record<string, number>>;

interface Sums {
  lists: number;
  readonly of: Map<string, number>;
}

/** Means of measures for each method, overall and for each hour. */
export class Standings {
  readonly #overall = new Map<string, Sums>();
  readonly #hours = new Map<string, Map<number, Sums>>();

  add(method: string, atMs: number, measures: ListMeasures | PoolMeasures): void {
    addTo(this.#overall, method, measures);
    const hours = this.#hours.get(method) ?? new Map<number, Sums>();
    this.#hours.set(method, hours);
    addTo(hours, Math.floor(atMs / 3_600_000), measures);
  }

  lists(method: string): number {
    return this.#overall.get(method)?.lists ?? 0;
  }

  figures(method: string): Figures {
    return means(this.#overall.get(method));
  }

  /** One measure over time, smoothed over the lists of `span` hours each. */
  overTime(method: string, measure: string, span: number): { atMs: number; value: number; lists: number }[] {
    const spans = new Map<number, { sum: number; lists: number }>();
    for (const [hour, sums] of this.#hours.get(method) ?? []) {
      const start = Math.floor(hour / span) * span;
      const all = spans.get(start) ?? { sum: 0, lists: 0 };
      spans.set(start, { sum: all.sum + (sums.of.get(measure) ?? 0), lists: all.lists + sums.lists });
    }
    return [...spans]
      .sort(([a], [b]) => a - b)
      .map(([hour, { sum, lists }]) => ({ atMs: hour * 3_600_000, value: sum / lists, lists }));
  }
}

function addTo<Key>(where: Map<Key, Sums>, key: Key, measures: object): void {
  const sums = where.get(key) ?? { lists: 0, of: new Map<string, number>() };
  where.set(key, sums);
  sums.lists++;
  for (const [name, value] of Object.entries(measures)) sums.of.set(name, (sums.of.get(name) ?? 0) + value);
}

function means(sums: Sums | undefined): Figures {
  if (sums === undefined) return {};
  return Object.fromEntries([...sums.of].map(([name, sum]) => [name, sum / sums.lists]));
}
