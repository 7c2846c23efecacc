import { Refusal } from "@headline/service/errors";
import { BrokenCircuitError, circuitBreaker, handleWhen, SamplingBreaker } from "cockatiel";

const SAMPLE_MS = 1_000;
const HALF_OPEN_AFTER_MS = 500;
/** Ten calls within the sample. */
const CALLS_PER_SECOND_MIN = 10;

/**
 * Opens on a dependency that fails half of its calls, and tries one call every half second. While it is open, calls fail at
 * once with UNAVAILABLE instead of each waiting for its deadline.
 */
export function createBreaker(dependency: string) {
  const policy = circuitBreaker(handleWhen(countsAgainst), {
    halfOpenAfter: HALF_OPEN_AFTER_MS,
    breaker: new SamplingBreaker({ threshold: 0.5, duration: SAMPLE_MS, minimumRps: CALLS_PER_SECOND_MIN }),
  });
  return async <T>(call: () => Promise<T>): Promise<T> => {
    try {
      return await policy.execute(call);
    } catch (error) {
      if (error instanceof BrokenCircuitError) {
        throw new Refusal("UNAVAILABLE", `${dependency} is not asked for a moment: it fails too often`, {
          retryAfterSeconds: 1,
        });
      }
      throw error;
    }
  };
}

export type Breaker = ReturnType<typeof createBreaker>;

/** Whether an error is the dependency's; those of the caller say nothing about it. */
function countsAgainst(error: Error): boolean {
  return !(error instanceof Refusal) || ["UNAVAILABLE", "DEADLINE_EXCEEDED", "RESOURCE_EXHAUSTED"].includes(error.code);
}
