import { Refusal } from "@headline/service/errors";

/** Counts the work in progress, so that what does not fit is refused at once instead of waiting. */
export interface InFlightGate {
  /** How many are inside. */
  readonly size: number;
  /** Takes a place, or answers false. */
  enter(): boolean;
  /** Gives the place back. */
  leave(): void;
  /** What to tell who finds no place. */
  readonly refusal: Refusal;
}

/** A gate for `max` calls at a time. One gate may stand before several services. */
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
