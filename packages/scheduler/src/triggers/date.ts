import { formatLocal } from "../time/format.js";
import { type DateInput, parseInstant } from "../time/parse.js";
import { localZoneName } from "../time/zone.js";
import { plainDate } from "./bounds.js";
import { type Elapsed, elapsedMs } from "./elapsed.js";
import type { Instant, Trigger, TriggerState } from "./trigger.js";

export interface DateOptions {
  /** The moment; text without an offset is local time. Without it and without `in`: now. */
  readonly runAt?: DateInput | undefined;
  /** So long after the job is added. */
  readonly in?: Elapsed | undefined;
  readonly timezone?: string | undefined;
}

/** Runs once. */
export function date(options: DateOptions = {}): DateTrigger {
  return new DateTrigger(options);
}

export class DateTrigger implements Trigger {
  readonly kind = "date";
  readonly #options: DateOptions;
  /** Undefined until it is anchored. */
  readonly #at: Instant | undefined;

  constructor(options: DateOptions = {}) {
    this.#options = options;
    if (options.in !== undefined) elapsedMs(options.in);
    this.#at = options.runAt === undefined ? undefined : parseInstant(options.runAt, this.#timezone, "runAt");
  }

  next(previous: Instant | null, now: Instant): Instant | null {
    const at = this.#at ?? now + elapsedMs(this.#options.in ?? {});
    return (previous === null ? at >= now : at > previous) ? at : null;
  }

  anchored(now: Instant): Trigger {
    if (this.#at !== undefined) return this;
    const { timezone } = this.#options;
    return new DateTrigger({ runAt: this.next(null, now)!, ...(timezone === undefined ? {} : { timezone }) });
  }

  inZone(timezone: string): DateTrigger {
    return this.#options.timezone === undefined ? new DateTrigger({ ...this.#options, timezone }) : this;
  }

  get #timezone(): string {
    return this.#options.timezone ?? localZoneName();
  }

  toJSON(): TriggerState {
    const { runAt, in: after, timezone } = this.#options;
    return {
      kind: this.kind,
      ...(runAt === undefined ? {} : { runAt: plainDate(runAt) }),
      ...(after === undefined ? {} : { in: after }),
      ...(timezone === undefined ? {} : { timezone }),
    };
  }

  toString(): string {
    return `date[${this.#at === undefined ? "now" : formatLocal(this.#at, this.#timezone)}]`;
  }
}
