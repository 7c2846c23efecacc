import { delayed } from "./bounds.js";
import { checkOptions } from "./check-options.js";
import type { Instant, Random, Trigger, TriggerState } from "./trigger.js";
import { withTimezone } from "./with-timezone.js";

/** Options of `anyOf` and `allOf`. */
export interface CombineOptions {
  /** Seconds: each run is delayed by a random time up to this, beside the jitter of the triggers themselves. */
  readonly jitter?: number;
}

type Combined = readonly Trigger[] | readonly [...Trigger[], CombineOptions];

/**
 * Creates a trigger that runs whenever one of the triggers does; equal moments run once. Options may follow the triggers.
 *
 * @example
 * ```ts
 * import { anyOf, cron, nextRuns } from "@headline/scheduler";
 *
 * const trigger = anyOf(cron({ hour: 9, timezone: "UTC" }), cron({ hour: 17, dayOfWeek: "fri", timezone: "UTC" }));
 * console.log(JSON.stringify(nextRuns(trigger, 3, "2026-01-01T00:00:00Z"))); // ["2026-01-01T09:00:00.000Z","2026-01-02T09:00:00.000Z","2026-01-02T17:00:00.000Z"]
 * ```
 */
export function anyOf(...triggers: Combined): AnyOfTrigger {
  return new AnyOfTrigger(...split(triggers));
}

/**
 * Creates a trigger that runs when all triggers name the same moment, and never when 10,000 steps find none. Options may follow.
 *
 * @example
 * ```ts
 * import { allOf, cron, nextRuns } from "@headline/scheduler";
 *
 * const trigger = allOf(cron({ day: 13, timezone: "UTC" }), cron({ dayOfWeek: "fri", timezone: "UTC" }));
 * console.log(JSON.stringify(nextRuns(trigger, 2, "2026-01-01T00:00:00Z"))); // ["2026-02-13T00:00:00.000Z","2026-03-13T00:00:00.000Z"]
 * ```
 */
export function allOf(...triggers: Combined): AllOfTrigger {
  return new AllOfTrigger(...split(triggers));
}

function split(parts: Combined): [readonly Trigger[], CombineOptions] {
  const last = parts.at(-1);
  if (last === undefined || typeof last !== "object" || "next" in last || Array.isArray(last))
    return [parts as readonly Trigger[], {}];
  return [parts.slice(0, -1) as readonly Trigger[], last];
}

function checkTrigger(trigger: unknown, at: number): void {
  if (typeof trigger === "object" && trigger !== null && "next" in trigger) return;
  const list = Array.isArray(trigger) ? "; write the triggers one after the other, without a list" : "";
  throw new TypeError(`triggers[${at}]: must be a trigger, such as interval({ minutes: 5 })${list}`);
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
    triggers.forEach(checkTrigger);
    if (!(Number.isFinite(jitter) && jitter >= 0)) {
      throw new RangeError(`jitter: must be a number of seconds, 0 or more, is ${String(jitter)}`);
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

  /** The run time with the jitter of the combination, still before the next of all its run times. */
  protected withJitter(at: Instant, base: Instant, random: Random | undefined): Instant {
    const { jitter = 0 } = this.options;
    if (random === undefined || (jitter === 0 && at === base)) return at;
    return delayed(base, at - base + random() * jitter * 1_000, this.next(base, base));
  }
}

/** Its interval is drawn, not delayed. */
const EVERY = "every";

/** Returns a run time before its jitter: delayed by it, one trigger must not hide another's. */
function baseOf(trigger: Trigger, previous: Instant | null, now: Instant, random: Random | undefined): Instant | null {
  return trigger.kind === EVERY ? trigger.next(previous, now, random) : trigger.next(previous, now);
}

export class AnyOfTrigger extends CombinedTrigger {
  readonly kind = "anyOf";
  protected readonly word = "or";

  next(previous: Instant | null, now: Instant, random?: Random): Instant | null {
    const [first] = this.triggers
      .map((trigger) => ({ trigger, base: baseOf(trigger, previous, now, random) }))
      .filter((each): each is { trigger: Trigger; base: Instant } => each.base !== null)
      .sort((a, b) => a.base - b.base);
    if (first === undefined) return null;
    const { trigger, base } = first;
    const isDrawn = random === undefined || trigger.kind === EVERY;
    return this.withJitter(isDrawn ? base : (trigger.next(previous, now, random) ?? base), base, random);
  }

  protected with(triggers: readonly Trigger[]): Trigger {
    return new AnyOfTrigger(triggers, this.options);
  }
}

export class AllOfTrigger extends CombinedTrigger {
  readonly kind = "allOf";
  protected readonly word = "and";

  next(previous: Instant | null, now: Instant, random?: Random): Instant | null {
    const at = this.#meeting(previous, now);
    return at === null ? null : this.withJitter(at, at, random);
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
