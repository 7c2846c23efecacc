/** A moment: milliseconds since 1970-01-01T00:00:00Z, an integer. */
export type Instant = number;

/** A number in [0, 1), as `Math.random` gives; a seeded one makes a test or a simulation repeatable. */
export type Random = () => number;

/** A trigger as plain JSON: `kind` says which, the rest is its own. `triggerFromJSON` makes it live again. */
export interface TriggerState {
  readonly kind: string;
  readonly [member: string]: unknown;
}

/** When a job runs: a pure, stateless, serialisable function from one fire time to the next. */
export interface Trigger {
  readonly kind: string;
  /**
   * The fire time after `previous`, or the first one at or after `now` when there is no previous one; null when there
   * is none left. Each is strictly later than the one before. With `random` the trigger's jitter is added (a delay,
   * never early, never beyond `endDate`); without it there is none.
   */
  next(previous: Instant | null, now: Instant, random?: Random): Instant | null;
  /** The same trigger with what it leaves to the moment it is added decided: an interval's phase, a date's "now". */
  anchored(now: Instant): Trigger;
  toJSON(): TriggerState;
  /** APScheduler's text: `cron[hour='12', minute='30']`, `interval[0:00:03]`, `date[2026-01-05 00:01:38 UTC]`. */
  toString(): string;
}
