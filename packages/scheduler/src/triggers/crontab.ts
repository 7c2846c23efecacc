import { daysFromCivil, daysInMonth, weekdayOf } from "../time/civil.js";
import { localZoneName } from "../time/local-zone.js";
import { type Zone, zone } from "../time/zone.js";
import {
  BOUNDS_OPTIONS,
  type Bounds,
  type BoundsOptions,
  bounded,
  boundsJSON,
  readBounds,
  searchFrom,
} from "./bounds.js";
import { Calendar } from "./calendar.js";
import { checkOptions } from "./check-options.js";
import { type CrontabFields, type CrontabSyntax, type CrontabValues, parseCrontabFields } from "./crontab-fields.js";
import { type RebootTrigger, reboot } from "./reboot.js";
import type { Instant, Random, Trigger, TriggerState } from "./trigger.js";
import { TriggerSyntaxError } from "./trigger-syntax-error.js";
import { bitsOf, monthBits, nextTable, weekdayTable } from "./value-tables.js";
import { checkDst, type DstRule, nextInZone } from "./zoned-calendar.js";

/** Options of `crontab`. */
export interface CrontabOptions extends BoundsOptions, CrontabSyntax {
  /** "once" by default: Vixie cron's own rule for clock changes. */
  readonly dst?: DstRule | undefined;
}

/**
 * Creates a trigger from five fields, as Vixie cron reads them, or `@daily` and its like; `@reboot` is once, when the job is
 * added. With `extended` also `L`, `L-3`, `LW`, `15W`, `5L`, `fri#3` and `?`. Throws a TriggerSyntaxError with the field and
 * the column.
 *
 * @example
 * ```ts
 * import { crontab, nextRuns } from "@headline/scheduler";
 *
 * const workdays = crontab("0,30 8-18 * * mon-fri", { timezone: "Europe/Berlin" });
 * console.log(JSON.stringify(nextRuns(workdays, 2, "2026-01-01T00:00:00Z"))); // ["2026-01-01T07:00:00.000Z","2026-01-01T07:30:00.000Z"]
 * console.log(String(crontab("0 9 LW * *", { extended: true }))); // crontab[0 9 LW * *]
 * ```
 */
export function crontab(expression: string, options: CrontabOptions = {}): CrontabTrigger | RebootTrigger {
  return String(expression).trim() === "@reboot" ? reboot() : new CrontabTrigger(expression, options);
}

export class CrontabTrigger implements Trigger {
  readonly kind = "crontab";
  readonly warnings: readonly string[];
  readonly #options: CrontabOptions;
  readonly #calendar: Calendar;
  readonly #zone: Zone;
  readonly #bounds: Bounds;
  readonly #rule: DstRule;
  readonly #isExtended: boolean;

  constructor(
    readonly expression: string,
    options: CrontabOptions = {},
  ) {
    checkOptions("crontab", options, BOUNDS_OPTIONS, ["dst", "extended"]);
    checkDst(options.dst);
    checkExtended(options.extended);
    const fields = parseCrontabFields(expression, options);
    const { minute, hour, month } = fields;
    this.#isExtended = fields.isExtended;
    this.#options = options;
    this.#calendar = new Calendar({
      nextYear: (year) => year,
      months: bitsOf(month.values),
      daysOf: daysMatching(fields),
      hours: nextTable(hour.values, 24),
      minutes: nextTable(minute.values, 60),
      seconds: nextTable([0], 60),
    });
    this.#zone = zone(options.timezone ?? localZoneName());
    this.#bounds = readBounds(options, this.#zone.name);
    this.#rule = minute.star || hour.star ? "wall" : (options.dst ?? "once");
    this.warnings = warningsFor(expression, fields);
  }

  next(previous: Instant | null, now: Instant, random?: Random): Instant | null {
    const from = searchFrom(previous, now, this.#bounds);
    if (from > this.#bounds.endMs) return null;
    const nextFrom = (at: Instant) => nextInZone(this.#calendar, this.#zone, at, this.#rule);
    return bounded(nextFrom(from), this.#bounds, random, (at) => nextFrom(at + 1));
  }

  anchored(): Trigger {
    return this;
  }

  inZone(timezone: string): CrontabTrigger {
    return this.#options.timezone === undefined
      ? new CrontabTrigger(this.expression, { ...this.#options, timezone })
      : this;
  }

  toJSON(): TriggerState {
    const { dst } = this.#options;
    const rule = dst === undefined ? {} : { dst };
    const syntax = this.#isExtended ? { extended: true } : {};
    return { kind: this.kind, expression: this.expression, ...boundsJSON(this.#options), ...rule, ...syntax };
  }

  toString(): string {
    return `crontab[${this.expression}]`;
  }
}

function warningsFor(expression: string, { day, weekday, odd }: CrontabFields): string[] {
  const warnings = odd.map(({ field, reason }) => `${field}: ${reason}`);
  if (day.star || weekday.star) return warnings;
  return [
    ...warnings,
    `day and day_of_week are both set in "${expression}": it runs when EITHER matches, as cron does`,
  ];
}

/** Rule of cron.c's DOM_STAR and DOW_STAR: both fields must match when one begins with a star, either when neither does. */
function daysMatching({ day, weekday }: CrontabFields): (year: number, month: number) => number {
  const days = bitsOf(day.values);
  // Sunday is 0 there and 6 here.
  const onWeekdays = weekdayTable(bitsOf([...weekday.values].map((value) => (value + 6) % 7)));
  const both = day.star || weekday.star;
  return (year, month) => {
    const firstWeekday = weekdayOf(daysFromCivil(year, month, 1));
    const length = daysInMonth(year, month);
    const onDay = days | movingBits(day, firstWeekday, length);
    const onWeekday = onWeekdays[firstWeekday]! | movingBits(weekday, firstWeekday, length);
    return (both ? onDay & onWeekday : onDay | onWeekday) & monthBits(length);
  };
}

function movingBits({ moving }: CrontabValues, firstWeekday: number, length: number): number {
  return moving.reduce((bits, dayOf) => bits | dayOf(firstWeekday, length), 0);
}

function checkExtended(extended: unknown): void {
  if (extended === undefined || typeof extended === "boolean") return;
  throw new TriggerSyntaxError("extended", `must be true or false, is ${JSON.stringify(extended)}`);
}
