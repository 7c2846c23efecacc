import { Refusal } from "@headline/service/errors";

/** Limit of calls in progress; a call beyond it is refused at once instead of waiting. */
export interface InFlightGate {
  /** Calls in progress. */
  readonly size: number;
  /** Admits a call; false when the gate is full. */
  enter(): boolean;
  /** Ends a call that was admitted. */
  leave(): void;
  /** Refusal of a call that finds the gate full. */
  readonly refusal: Refusal;
}

/** Creates a gate for `max` calls at a time; several services may share it. */
export function inFlightGate(max: number, retryAfterSeconds = 0.1): InFlightGate {
  let size = 0;
  return {
    get size() {
      return size;
    },
    enter() {
      if (size >= max) return false;
      size++;
      return true;
    },
    leave() {
      size--;
    },
    refusal: new Refusal("RESOURCE_EXHAUSTED", "too many calls in flight", { retryAfterSeconds }),
  };
}
