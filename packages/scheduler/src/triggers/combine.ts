import { checkOptions } from "./check-options.js";
import type { Instant, Random, Trigger, TriggerState } from "./trigger.js";
import { withTimezone } from "./with-timezone.js";

export interface CombineOptions {
  /** Seconds: each run is delayed by a random time up to this, beside the jitter of the triggers themselves. */
  readonly jitter?: number;
}

type Combined = readonly Trigger[] | readonly [...Trigger[], CombineOptions];

/** Runs whenever one of them says so; two that say the same moment run once. Options may follow the triggers. */
export function anyOf(...triggers: Combined): AnyOfTrigger {
  return new AnyOfTrigger(...split(triggers));
}

/** Runs when all of them say the same moment, and never if 10,000 looks ahead find none. Options may follow. */
export function allOf(...triggers: Combined): AllOfTrigger {
  return new AllOfTrigger(...split(triggers));
}

function split(parts: Combined): [readonly Trigger[], CombineOptions] {
  const last = parts.at(-1);
  if (last === undefined || "next" in last) return [parts as readonly Trigger[], {}];
  return [parts.slice(0, -1) as readonly Trigger[], last];
}

const TRIES = 10_000;

abstract class CombinedTrigger implements Trigger {
  abstract readonly kind: string;
  protected abstract readonly word: string;

  constructor(
    readonly triggers: readonly Trigger[],
    readonly options: CombineOptions = {},
  ) {
    checkOptions("a combination", options, ["jitter"]);
    const { jitter = 0 } = options;
    if (triggers.length === 0) throw new RangeError("triggers: at least one is needed");
    if (!(jitter >= 0 && jitter < Number.POSITIVE_INFINITY)) {
      throw new RangeError(`jitter: must be a number of seconds, 0 or more, is ${jitter}`);
    }
  }

  abstract next(previous: Instant | null, now: Instant, random?: Random): Instant | null;
  protected abstract with(triggers: readonly Trigger[]): Trigger;

  anchored(now: Instant): Trigger {
    return this.with(this.triggers.map((trigger) => trigger.anchored(now)));
  }

  inZone(timezone: string): Trigger {
    return this.with(this.triggers.map((trigger) => withTimezone(trigger, timezone)));
  }

  toJSON(): TriggerState {
    return { kind: this.kind, triggers: this.triggers.map((trigger) => trigger.toJSON()), ...this.options };
  }

  toString(): string {
    return `${this.word}[${this.triggers.join(", ")}]`;
  }

  protected delayed(at: Instant | null, random: Random | undefined): Instant | null {
    const { jitter = 0 } = this.options;
    return at === null || random === undefined || jitter === 0 ? at : at + Math.floor(random() * jitter * 1_000);
  }
}

export class AnyOfTrigger extends CombinedTrigger {
  readonly kind = "anyOf";
  protected readonly word = "or";

  next(previous: Instant | null, now: Instant, random?: Random): Instant | null {
    let earliest: Instant | null = null;
    for (const trigger of this.triggers) {
      const at = trigger.next(previous, now, random);
      if (at !== null && (earliest === null || at < earliest)) earliest = at;
    }
    return this.delayed(earliest, random);
  }

  protected with(triggers: readonly Trigger[]): Trigger {
    return new AnyOfTrigger(triggers, this.options);
  }
}

export class AllOfTrigger extends CombinedTrigger {
  readonly kind = "allOf";
  protected readonly word = "and";

  next(previous: Instant | null, now: Instant, random?: Random): Instant | null {
    return this.delayed(this.#meeting(previous, now), random);
  }

  /** The triggers' own jitter would keep them apart for ever, so they are asked without. */
  #meeting(previous: Instant | null, now: Instant): Instant | null {
    let times = this.triggers.map((trigger) => trigger.next(previous, now));
    for (let tries = 0; tries < TRIES; tries++) {
      if (times.includes(null)) return null;
      const latest = Math.max(...(times as Instant[]));
      if (times.every((at) => at === latest)) return latest;
      times = this.triggers.map((trigger, index) =>
        times[index] === latest ? latest : trigger.next(latest - 1, latest),
      );
    }
    return null;
  }

  protected with(triggers: readonly Trigger[]): Trigger {
    return new AllOfTrigger(triggers, this.options);
  }
}
