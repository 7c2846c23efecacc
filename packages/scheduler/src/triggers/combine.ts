import type { Instant, Random, Trigger, TriggerState } from "./trigger.js";
import { withTimezone } from "./with-timezone.js";

/** Runs whenever one of them says so; two that say the same moment run once. */
export function anyOf(...triggers: readonly Trigger[]): AnyOfTrigger {
  return new AnyOfTrigger(triggers);
}

/** Runs when all of them say the same moment. Gives up after 10,000 moments that were not shared. */
export function allOf(...triggers: readonly Trigger[]): AllOfTrigger {
  return new AllOfTrigger(triggers);
}

const TRIES = 10_000;

export class AnyOfTrigger implements Trigger {
  readonly kind = "anyOf";
  constructor(readonly triggers: readonly Trigger[]) {
    if (triggers.length === 0) throw new RangeError("triggers: anyOf needs at least one trigger");
  }

  next(previous: Instant | null, now: Instant, random?: Random): Instant | null {
    const times = this.triggers.map((trigger) => trigger.next(previous, now, random)).filter((at) => at !== null);
    return times.length === 0 ? null : Math.min(...times);
  }

  anchored(now: Instant): Trigger {
    return new AnyOfTrigger(this.triggers.map((trigger) => trigger.anchored(now)));
  }

  inZone(timezone: string): AnyOfTrigger {
    return new AnyOfTrigger(this.triggers.map((trigger) => withTimezone(trigger, timezone)));
  }

  toJSON(): TriggerState {
    return { kind: this.kind, triggers: this.triggers.map((trigger) => trigger.toJSON()) };
  }

  toString(): string {
    return `or[${this.triggers.join(", ")}]`;
  }
}

export class AllOfTrigger implements Trigger {
  readonly kind = "allOf";
  constructor(readonly triggers: readonly Trigger[]) {
    if (triggers.length === 0) throw new RangeError("triggers: allOf needs at least one trigger");
  }

  /** Jitter would keep them apart for ever, so there is none here. */
  next(previous: Instant | null, now: Instant): Instant | null {
    let times = this.triggers.map((trigger) => trigger.next(previous, now));
    for (let tries = 0; tries < TRIES; tries++) {
      if (times.includes(null)) return null;
      const latest = Math.max(...(times as Instant[]));
      if (times.every((at) => at === latest)) return latest;
      times = this.triggers.map((trigger, index) => (times[index] === latest ? latest : trigger.next(latest - 1, latest)));
    }
    return null;
  }

  anchored(now: Instant): Trigger {
    return new AllOfTrigger(this.triggers.map((trigger) => trigger.anchored(now)));
  }

  inZone(timezone: string): AllOfTrigger {
    return new AllOfTrigger(this.triggers.map((trigger) => withTimezone(trigger, timezone)));
  }

  toJSON(): TriggerState {
    return { kind: this.kind, triggers: this.triggers.map((trigger) => trigger.toJSON()) };
  }

  toString(): string {
    return `and[${this.triggers.join(", ")}]`;
  }
}
