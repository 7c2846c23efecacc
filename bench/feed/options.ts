import type { Measured } from "../lib/measure.js";

/** Size of the data and of the load. */
export interface FeedBenchOptions {
  readonly articles: number;
  readonly rounds: number;
  /** Requests of a load with many connections; one with one connection makes a fifth of them. */
  readonly requests: number;
  /** Requests before the first measurement of a form. */
  readonly warmup: number;
  /** Connections of the loads with many. */
  readonly connections: number;
  readonly events: number;
  /** Events a second that arrive in the form of that name. */
  readonly eventsPerSecond: number;
}

/** Measurements of a form: one connection, and many. */
export interface FormRuns {
  readonly one: Measured;
  readonly many: Measured;
}
