import { durationText } from "../time/duration-text.js";
import type { Instant, Random, Trigger, TriggerState } from "./trigger.js";
import { withTimezone } from "./with-timezone.js";

/** Runs so much later than the trigger inside: always the same, also where the clocks change. */
export class OffsetTrigger implements Trigger {
  readonly kind = "offset";
  readonly triggers: readonly [Trigger];

  constructor(
    trigger: Trigger,
    readonly offsetMs: number,
  ) {
    if (!(Number.isSafeInteger(offsetMs) && offsetMs >= 0)) {
      throw new RangeError(`offsetMs: must be a whole number of milliseconds, 0 or more, is ${String(offsetMs)}`);
    }
    this.triggers = [trigger];
  }

  next(previous: Instant | null, now: Instant, random?: Random): Instant | null {
    const before = (at: Instant) => at - this.offsetMs;
    const next = this.triggers[0].next(previous === null ? null : before(previous), before(now), random);
    return next === null ? null : next + this.offsetMs;
  }

  anchored(now: Instant): Trigger {
    return new OffsetTrigger(this.triggers[0].anchored(now), this.offsetMs);
  }

  inZone(timezone: string): Trigger {
    return new OffsetTrigger(withTimezone(this.triggers[0], timezone), this.offsetMs);
  }

  toJSON(): TriggerState {
    return { kind: this.kind, triggers: [this.triggers[0].toJSON()], offsetMs: this.offsetMs };
  }

  toString(): string {
    return `${this.triggers[0]} + ${durationText(this.offsetMs)}`;
  }
}
