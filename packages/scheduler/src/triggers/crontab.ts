import { daysFromCivil, daysInMonth, weekdayOf } from "../time/civil.js";
import { localZoneName, type Zone, zone } from "../time/zone.js";
import { type Bounds, type BoundsOptions, bounded, boundsJSON, readBounds, searchFrom } from "./bounds.js";
import { Calendar, monthBits, nextTableOf, weekdayTable } from "./calendar.js";
import { MONTH_NAMES } from "./fields.js";
import type { Instant, Random, Trigger, TriggerState } from "./trigger.js";
import { TriggerSyntaxError } from "./trigger-syntax-error.js";
import { type DstRule, nextInZone } from "./zoned-calendar.js";

export interface CrontabOptions extends BoundsOptions {
  /** "once" by default: Vixie cron's own rule for clock changes. */
  readonly dst?: DstRule | undefined;
}

/** Five fields as Vixie cron reads them, or `@daily` and its like. Throws a TriggerSyntaxError with the column. */
export function crontab(expression: string, options: CrontabOptions = {}): CrontabTrigger {
  return new CrontabTrigger(expression, options);
}

const NICKNAMES: Readonly<Record<string, string>> = {
  "@yearly": "0 0 1 1 *",
  "@annually": "0 0 1 1 *",
  "@monthly": "0 0 1 * *",
  "@weekly": "0 0 * * 0",
  "@daily": "0 0 * * *",
  "@midnight": "0 0 * * *",
  "@hourly": "0 * * * *",
};

interface CrontabField {
  readonly name: string;
  readonly min: number;
  readonly max: number;
  readonly names?: readonly string[];
}

const SUNDAY_FIRST = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"] as const;
const CRONTAB_FIELDS: readonly CrontabField[] = [
  { name: "minute", min: 0, max: 59 },
  { name: "hour", min: 0, max: 23 },
  { name: "day", min: 1, max: 31 },
  { name: "month", min: 1, max: 12, names: MONTH_NAMES },
  { name: "day_of_week", min: 0, max: 7, names: SUNDAY_FIRST },
];

/** A field's values, and whether its text begins with a star: Vixie cron treats the two differently. */
interface Values {
  readonly values: ReadonlySet<number>;
  readonly star: boolean;
}

export class CrontabTrigger implements Trigger {
  readonly kind = "crontab";
  readonly warnings: readonly string[];
  readonly #options: CrontabOptions;
  readonly #calendar: Calendar;
  readonly #zone: Zone;
  readonly #bounds: Bounds;
  readonly #rule: DstRule;

  constructor(
    readonly expression: string,
    options: CrontabOptions = {},
  ) {
    const [minute, hour, day, month, weekday] = parseExpression(expression) as [Values, Values, Values, Values, Values];
    this.#options = options;
    this.#calendar = new Calendar({
      nextYear: (year) => year,
      months: bitsOf(month.values),
      daysOf: daysMatching(day, weekday),
      hours: nextTableOf(hour.values, 24),
      minutes: nextTableOf(minute.values, 60),
      seconds: nextTableOf(new Set([0]), 60),
    });
    this.#zone = zone(options.timezone ?? localZoneName());
    this.#bounds = readBounds(options, this.#zone.name);
    this.#rule = minute.star || hour.star ? "wall" : (options.dst ?? "once");
    this.warnings =
      day.star || weekday.star
        ? []
        : [`day and day_of_week are both set in "${expression}": it runs when EITHER matches, as cron does`];
  }

  next(previous: Instant | null, now: Instant, random?: Random): Instant | null {
    const from = searchFrom(previous, now, this.#bounds);
    if (from > this.#bounds.endMs) return null;
    return bounded(nextInZone(this.#calendar, this.#zone, from, this.#rule), this.#bounds, random);
  }

  anchored(): Trigger {
    return this;
  }

  inZone(timezone: string): CrontabTrigger {
    return this.#options.timezone === undefined ? new CrontabTrigger(this.expression, { ...this.#options, timezone }) : this;
  }

  toJSON(): TriggerState {
    const { dst } = this.#options;
    const rule = dst === undefined ? {} : { dst };
    return { kind: this.kind, expression: this.expression, ...boundsJSON(this.#options), ...rule };
  }

  toString(): string {
    return `crontab[${this.expression}]`;
  }
}

function parseExpression(expression: string): Values[] {
  const text = expression.trim();
  if (text.startsWith("@")) {
    const fields = NICKNAMES[text.toLowerCase()];
    if (fields !== undefined) return parseExpression(fields);
    const known = Object.keys(NICKNAMES).join(", ");
    throw new TriggerSyntaxError("crontab", `unknown name, known are ${known}`, expression);
  }
  const words = [...expression.matchAll(/\S+/g)];
  if (words.length !== CRONTAB_FIELDS.length) {
    throw new TriggerSyntaxError("crontab", `needs 5 fields, has ${words.length}`, expression);
  }
  return words.map((word, index) => parseField(CRONTAB_FIELDS[index]!, word[0], expression, word.index + 1));
}

function parseField(field: CrontabField, text: string, expression: string, column: number): Values {
  const values = new Set<number>();
  let at = column;
  for (const part of text.split(",")) {
    addValues(values, field, part, (reason) => {
      throw new TriggerSyntaxError(field.name, reason, expression, at);
    });
    at += part.length + 1;
  }
  return { values, star: text.startsWith("*") };
}

function addValues(values: Set<number>, field: CrontabField, part: string, fail: (reason: string) => never): void {
  const match = /^(?:(\*)|(\d+|[a-z]+)(?:-(\d+|[a-z]+))?)(?:\/(\d+))?$/i.exec(part);
  if (match === null) return fail(`"${part}" is no number, name, range or *`);
  const [, star, firstText, lastText, stepText] = match;
  if (stepText !== undefined && star === undefined && lastText === undefined) fail(`"${part}" has a step but no range`);
  const step = stepText === undefined ? 1 : Number(stepText);
  if (step === 0) fail("the step must be higher than 0");
  const first = star === undefined ? valueOf(field, firstText!, fail) : field.min;
  const last = star === undefined ? (lastText === undefined ? first : valueOf(field, lastText, fail)) : field.max;
  // A range the wrong way round is legal in cron and names no value at all.
  for (let value = first; value <= last; value += step) values.add(field.max === 7 ? value % 7 : value);
}

function valueOf({ names = [], name, min, max }: CrontabField, text: string, fail: (reason: string) => never): number {
  if (/^\d+$/.test(text)) {
    const value = Number(text);
    return value >= min && value <= max ? value : fail(`${value} is not between ${min} and ${max}`);
  }
  const index = names.indexOf(text.toLowerCase());
  return index >= 0 ? index + (name === "month" ? 1 : 0) : fail(`"${text}" is no name of this field`);
}

/** Both when one of the two begins with a star, either when neither does: cron.c's DOM_STAR and DOW_STAR. */
function daysMatching(day: Values, weekday: Values): (year: number, month: number) => number {
  const days = bitsOf(day.values);
  // Sunday is 0 there and 6 here.
  const onWeekdays = weekdayTable(bitsOf(new Set([...weekday.values].map((value) => (value + 6) % 7))));
  const both = day.star || weekday.star;
  return (year, month) => {
    const onWeekday = onWeekdays[weekdayOf(daysFromCivil(year, month, 1))]!;
    return (both ? days & onWeekday : days | onWeekday) & monthBits(daysInMonth(year, month));
  };
}

function bitsOf(values: ReadonlySet<number>): number {
  let bits = 0;
  for (const value of values) bits |= 1 << value;
  return bits;
}
