import type { Instant, Trigger, TriggerState } from "./trigger.js";

/** Creates crontab's `@reboot`: once, when the scheduler that reads the table starts. */
export function reboot(): RebootTrigger {
  return new RebootTrigger();
}

export class RebootTrigger implements Trigger {
  readonly kind = "reboot";
  readonly warnings: readonly string[] = [];

  next(previous: Instant | null, now: Instant): Instant | null {
    return previous === null ? now : null;
  }

  anchored(): Trigger {
    return this;
  }

  toJSON(): TriggerState {
    return { kind: this.kind };
  }

  toString(): string {
    return "crontab[@reboot]";
  }
}
