/** Retries may be a tenth of the calls, with a burst for the moment when a server dies with calls in flight. */
export interface RetryBudget {
  /** A call was made. */
  earn(): void;
  /** Takes one retry out of the budget, or answers false. */
  spend(): boolean;
}

/** Budget of retries: each call earns `ratio` of one, at most `burst` are saved. */
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
