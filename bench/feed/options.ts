/** Size of the data and of the load. */
export interface FeedBenchOptions {
  readonly articles: number;
  readonly rounds: number;
  readonly seconds: number;
  readonly readers: number;
  readonly connections: readonly number[];
}
