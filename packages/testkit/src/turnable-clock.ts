export interface TurnableClock {
  /** To be passed where `Date.now` would be. */
  readonly now: () => number;
  advance(ms: number): void;
  set(ms: number): void;
}

/** A clock that moves when the test turns it, and only then. */
export function turnableClock(startMs = 0): TurnableClock {
  let nowMs = startMs;
  return {
    now: () => nowMs,
    advance: (ms) => {
      nowMs += ms;
    },
    set: (ms) => {
      nowMs = ms;
    },
  };
}
