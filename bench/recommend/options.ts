export interface RecommendBenchOptions {
  readonly sizes: readonly number[];
  readonly readers: number;
  readonly rounds: number;
  readonly seconds: number;
  /** Calls per second of the load at a fixed rate. */
  readonly rate: number;
  readonly eventsPerSecond: number;
}

/** The forms of load: what each of them asks. */
export const FORMS = ["fixed rate", "16 at once", "16 at once, held out", "16 at once, user 0"] as const;
export type Form = (typeof FORMS)[number];

export const FULL: RecommendBenchOptions = {
  sizes: [10_000, 100_000, 1_000_000],
  readers: 100_000,
  rounds: 3,
  seconds: 3,
  rate: 500,
  eventsPerSecond: 1_000,
};

export const QUICK: RecommendBenchOptions = {
  ...FULL,
  sizes: [1_000, 10_000, 100_000],
  readers: 5_000,
  rounds: 1,
  seconds: 2,
};
