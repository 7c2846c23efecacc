/** A moment: milliseconds since 1970-01-01T00:00:00Z, an integer. */
export type Instant = number;

/** Returns a number in [0, 1), as `Math.random` does; a seeded one makes a test or a simulation repeatable. */
export type Random = () => number;

/** Trigger as plain JSON: `kind` and its own fields. `triggerFromJSON` makes it live again. */
export interface TriggerState {
  readonly kind: string;
  readonly [member: string]: unknown;
}

/** Pure, stateless, serialisable function from one fire time to the next. */
export interface Trigger {
  readonly kind: string;
  /**
   * The fire time after `previous`, or the first one at or after `now` when there is no previous one; null when there
   * is none left. Each is strictly later than the one before. With `random` the trigger's jitter is added (a delay,
   * never early, never beyond `endDate`); without it there is none.
   */
  next(previous: Instant | null, now: Instant, random?: Random): Instant | null;
  /** Returns the trigger fixed to the moment at which it is added: an interval's phase, a date's "now". */
  anchored(now: Instant): Trigger;
  toJSON(): TriggerState;
  /** APScheduler's text: `cron[hour='12', minute='30']`, `interval[0:00:03]`, `date[2026-01-05 00:01:38 UTC]`. */
  toString(): string;
}
