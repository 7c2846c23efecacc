import { type CalendarIntervalOptions, calendarInterval } from "./calendar-interval.js";
import { AllOfTrigger, AnyOfTrigger, type CombineOptions } from "./combine.js";
import { type CronOptions, cron } from "./cron.js";
import { type CrontabOptions, crontab } from "./crontab.js";
import { type DateOptions, date } from "./date.js";
import { type IntervalOptions, interval } from "./interval.js";
import { OffsetTrigger } from "./offset.js";
import { reboot } from "./reboot.js";
import type { Trigger, TriggerState } from "./trigger.js";
import { type WithoutDaysOptions, withoutDays } from "./without-days.js";

type CombinedState = TriggerState & CombineOptions & { readonly triggers: readonly TriggerState[] };
type FromJSON = (state: never) => Trigger;

const kinds = new Map<string, FromJSON>([
  ["cron", ({ kind: _, ...options }: TriggerState) => cron(options as CronOptions)],
  ["interval", ({ kind: _, ...options }: TriggerState) => interval(options as IntervalOptions)],
  ["date", ({ kind: _, ...options }: TriggerState) => date(options as DateOptions)],
  ["reboot", () => reboot()],
  ["calendarInterval", ({ kind: _, ...options }: TriggerState) => calendarInterval(options as CalendarIntervalOptions)],
  [
    "crontab",
    ({ kind: _, expression, ...options }: TriggerState) => crontab(expression as string, options as CrontabOptions),
  ],
  [
    "anyOf",
    ({ kind: _, triggers, ...options }: CombinedState) => new AnyOfTrigger(triggers.map(triggerFromJSON), options),
  ],
  [
    "allOf",
    ({ kind: _, triggers, ...options }: CombinedState) => new AllOfTrigger(triggers.map(triggerFromJSON), options),
  ],
  [
    "withoutDays",
    ({ kind: _, triggers, ...options }: TriggerState & WithoutDaysOptions & { triggers: readonly TriggerState[] }) =>
      withoutDays(triggerFromJSON(triggers[0]!), options),
  ],
  [
    "offset",
    ({ triggers, offsetMs }: TriggerState & { triggers: readonly TriggerState[] }) =>
      new OffsetTrigger(triggerFromJSON(triggers[0]!), offsetMs as number),
  ],
] as [string, FromJSON][]);

/**
 * Creates the trigger that `toJSON` returned. Throws a RangeError for an unknown kind.
 *
 * @example
 * ```ts
 * import { interval, triggerFromJSON } from "@headline/scheduler";
 *
 * const state = JSON.parse(JSON.stringify(interval({ minutes: 5 })));
 * console.log(String(triggerFromJSON(state))); // interval[0:05:00]
 * ```
 */
export function triggerFromJSON(state: TriggerState): Trigger {
  const fromJSON = kinds.get(state.kind);
  if (fromJSON === undefined)
    throw new RangeError(`trigger: unknown kind "${state.kind}"; registerTrigger makes it known`);
  return fromJSON(state as never);
}

/**
 * Registers a kind of trigger of your own, so that stores can keep it: `fromJSON` receives what `toJSON` returned.
 *
 * @example
 * ```ts
 * import { type Instant, registerTrigger, Scheduler, type Trigger } from "@headline/scheduler";
 *
 * class FullHours implements Trigger {
 *   readonly kind = "fullHours";
 *   next(previous: Instant | null, now: Instant): Instant {
 *     const from = previous === null ? now : previous + 1;
 *     return Math.ceil(from / 3_600_000) * 3_600_000;
 *   }
 *   anchored() {
 *     return this;
 *   }
 *   toJSON() {
 *     return { kind: this.kind };
 *   }
 *   toString() {
 *     return "full hours";
 *   }
 * }
 * registerTrigger("fullHours", () => new FullHours());
 * await new Scheduler().addJob({ func: () => console.log("cuckoo"), trigger: new FullHours() });
 * ```
 */
export function registerTrigger(kind: string, fromJSON: (state: TriggerState) => Trigger): void {
  kinds.set(kind, fromJSON as FromJSON);
}
