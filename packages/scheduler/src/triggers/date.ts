import { formatLocal } from "../time/format.js";
import { localZoneName } from "../time/local-zone.js";
import { type DateInput, parseInstant } from "../time/parse.js";
import { zone } from "../time/zone.js";
import { checkOptions } from "./check-options.js";
import { ELAPSED_PARTS, type Elapsed, elapsedMs } from "./elapsed.js";
import type { Instant, Trigger, TriggerState } from "./trigger.js";
import { TriggerSyntaxError } from "./trigger-syntax-error.js";

/** Options of `date`. */
export interface DateOptions {
  /** The moment; text without an offset is local time. Without it and without `in`: now. */
  readonly runAt?: DateInput | undefined;
  /** So long after the job is added. */
  readonly in?: Elapsed | undefined;
  readonly timezone?: string | undefined;
}

const WITH_OFFSET = /:\d.*(Z|[+-]\d\d(:?\d\d)?)$/i;

/**
 * Creates a trigger that runs once: at a moment, or some time after the job is added.
 *
 * @example
 * ```ts
 * import { date, Scheduler } from "@headline/scheduler";
 *
 * const scheduler = new Scheduler();
 * scheduler.registerTask("orders.cancel", (context, orderId: string) => console.log(orderId));
 * await scheduler.addJob({ id: "order:7", func: "orders.cancel", args: ["7"], trigger: date({ in: { minutes: 30 } }) });
 * ```
 */
export function date(options: DateOptions = {}): DateTrigger {
  return new DateTrigger(options);
}

export class DateTrigger implements Trigger {
  /** Undefined until it is anchored. */
  readonly #at: Instant | undefined;
  readonly #after: Elapsed | undefined;
  readonly #timezone: string | undefined;
  /** The text that was given. */
  readonly #text: string | undefined;

  constructor(options: DateOptions = {}) {
    checkOptions("date", options, ["runAt", "in", "timezone"]);
    const { runAt, in: after, timezone } = options;
    if (after !== undefined) {
      if (typeof after !== "object" || after === null) {
        throw new TriggerSyntaxError("in", `must be a length of time like { minutes: 5 }, is ${String(after)}`);
      }
      checkOptions("date", after, ELAPSED_PARTS);
      elapsedMs(after);
    }
    if (timezone !== undefined) zone(timezone);
    this.#at = runAt === undefined ? undefined : parseInstant(runAt, timezone ?? localZoneName(), "runAt");
    this.#text = typeof runAt === "string" ? runAt : undefined;
    this.#after = after;
    this.#timezone = timezone;
  }

  /** Zone whose rules decide the moment, which was given as a local time. */
  get localZone(): string | undefined {
    return this.#text === undefined || WITH_OFFSET.test(this.#text) ? undefined : this.#timezone;
  }

  get kind(): string {
    return "date";
  }

  next(previous: Instant | null, now: Instant): Instant | null {
    const at = this.#at ?? now + elapsedMs(this.#after ?? {});
    return (previous === null ? at >= now : at > previous) ? at : null;
  }

  anchored(now: Instant): Trigger {
    if (this.#at !== undefined) return this;
    return new DateTrigger({ runAt: this.next(null, now)!, in: this.#after ?? {}, timezone: this.#timezone });
  }

  inZone(timezone: string): DateTrigger {
    if (this.#timezone !== undefined) return this;
    return new DateTrigger({ runAt: this.#text ?? this.#at, in: this.#after, timezone });
  }

  toJSON(): TriggerState {
    return {
      kind: this.kind,
      ...(this.#at === undefined ? {} : { runAt: this.#timezone === undefined ? (this.#text ?? this.#at) : this.#at }),
      ...(this.#after === undefined ? {} : { in: this.#after }),
      ...(this.#timezone === undefined ? {} : { timezone: this.#timezone }),
    };
  }

  toString(): string {
    return `date[${this.#at === undefined ? "now" : formatLocal(this.#at, this.#timezone ?? localZoneName())}]`;
  }
}
