/** Bound of retries: a share of the calls, with a burst for the moment when a server dies with calls in flight. */
export interface RetryBudget {
  /** Counts a call. */
  earn(): void;
  /** Takes one retry out of the budget; false when there is none. */
  spend(): boolean;
}

/** Creates a budget of `ratio` retries a call, and of `burst` at once. */
export function retryBudget(ratio = 0.1, burst = 100): RetryBudget {
  let tokens = burst;
  return {
    earn() {
      tokens = Math.min(burst, tokens + ratio);
    },
    spend() {
      if (tokens < 1) return false;
      tokens--;
      return true;
    },
  };
}
