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

/** The trigger that `toJSON` wrote. Throws a RangeError when nobody knows its kind. */
export function triggerFromJSON(state: TriggerState): Trigger {
  const fromJSON = kinds.get(state.kind);
  if (fromJSON === undefined)
    throw new RangeError(`trigger: unknown kind "${state.kind}"; registerTrigger makes it known`);
  return fromJSON(state as never);
}

/** Makes triggers of your own survive a store: `fromJSON` gets what their `toJSON` gave. */
export function registerTrigger(kind: string, fromJSON: (state: TriggerState) => Trigger): void {
  kinds.set(kind, fromJSON as FromJSON);
}
