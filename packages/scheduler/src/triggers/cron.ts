import { localZoneName, type Zone, zone } from "../time/zone.js";
import { type Bounds, type BoundsOptions, bounded, boundsJSON, readBounds, searchFrom } from "./bounds.js";
import { type Calendar, calendarOf } from "./calendar.js";
import { FIELDS, type Field, type FieldName, parseField } from "./fields.js";
import type { Instant, Random, Trigger, TriggerState } from "./trigger.js";
import { TriggerSyntaxError } from "./trigger-syntax-error.js";
import { type DstRule, nextInZone } from "./zoned-calendar.js";

type FieldValue = string | number | undefined;

/** APScheduler's fields. Those less significant than the least significant one given are at their lowest value. */
export interface CronOptions extends BoundsOptions {
  readonly year?: FieldValue;
  readonly month?: FieldValue;
  readonly day?: FieldValue;
  /** ISO week, 1 to 53. */
  readonly week?: FieldValue;
  /** 0 is Monday; names are better. */
  readonly dayOfWeek?: FieldValue;
  readonly hour?: FieldValue;
  readonly minute?: FieldValue;
  readonly second?: FieldValue;
  /** What clock changes do; "wall" by default. */
  readonly dst?: DstRule | undefined;
  /** APScheduler's own spellings are understood as well. */
  readonly day_of_week?: FieldValue;
  readonly start_date?: BoundsOptions["startDate"];
  readonly end_date?: BoundsOptions["endDate"];
}

/** What a field that is not given means when a less significant one is not given either. */
const LOWEST: Readonly<Record<FieldName, string>> = {
  year: "*",
  month: "1",
  day: "1",
  week: "*",
  day_of_week: "*",
  hour: "0",
  minute: "0",
  second: "0",
};

/** Runs when the local time matches every field. Throws a TriggerSyntaxError that names the field. */
export function cron(options: CronOptions): CronTrigger {
  return new CronTrigger(options);
}

export class CronTrigger implements Trigger {
  readonly kind = "cron";
  /** What a careful reader should know about the expression. */
  readonly warnings: readonly string[];
  readonly #options: CronOptions;
  readonly #given: ReadonlyMap<FieldName, Field>;
  readonly #calendar: Calendar;
  readonly #zone: Zone;
  readonly #bounds: Bounds;
  readonly #rule: DstRule;

  constructor(options: CronOptions) {
    const { day_of_week, start_date, end_date, ...rest } = options;
    this.#options = {
      ...rest,
      dayOfWeek: rest.dayOfWeek ?? day_of_week,
      startDate: rest.startDate ?? start_date,
      endDate: rest.endDate ?? end_date,
    };
    this.#given = givenFields(this.#options);
    const fields = allFields(this.#given);
    this.#calendar = calendarOf(fields);
    this.#zone = zone(options.timezone ?? localZoneName());
    this.#bounds = readBounds(this.#options, this.#zone.name);
    this.#rule = ruleFor(options.dst ?? "wall", fields);
    this.warnings = warningsFor(this.#given);
  }

  next(previous: Instant | null, now: Instant, random?: Random): Instant | null {
    const from = searchFrom(previous, now, this.#bounds);
    if (from > this.#bounds.endMs) return null;
    return bounded(nextInZone(this.#calendar, this.#zone, from, this.#rule), this.#bounds, random);
  }

  anchored(): Trigger {
    return this;
  }

  inZone(timezone: string): CronTrigger {
    return this.#options.timezone === undefined ? new CronTrigger({ ...this.#options, timezone }) : this;
  }

  toJSON(): TriggerState {
    const fields = Object.fromEntries([...this.#given].map(([name, { text }]) => [optionName(name), text]));
    const { dst } = this.#options;
    return { kind: this.kind, ...fields, ...boundsJSON(this.#options), ...(dst === undefined ? {} : { dst }) };
  }

  toString(): string {
    return `cron[${[...this.#given].map(([name, { text }]) => `${name}='${text}'`).join(", ")}]`;
  }
}

function givenFields(options: CronOptions): ReadonlyMap<FieldName, Field> {
  const given = new Map<FieldName, Field>();
  for (const name of FIELDS) {
    const value = options[optionName(name)];
    if (value !== undefined && value !== null) given.set(name, parseField(name, value));
  }
  if (options.dst !== undefined && options.dst !== "wall" && options.dst !== "once") {
    throw new TriggerSyntaxError("dst", `must be "wall" or "once", is "${options.dst}"`);
  }
  return given;
}

function allFields(given: ReadonlyMap<FieldName, Field>): ReadonlyMap<FieldName, Field> {
  const leastSignificant = Math.max(-1, ...[...given.keys()].map((name) => FIELDS.indexOf(name)));
  return new Map(
    FIELDS.map((name, index) => {
      const text = index > leastSignificant && given.size > 0 ? LOWEST[name] : given.size === 0 ? LOWEST[name] : "*";
      return [name, given.get(name) ?? parseField(name, text)];
    }),
  );
}

/** Vixie cron's rule is for fixed times: a star in the hours or minutes follows the wall clock. */
function ruleFor(dst: DstRule, fields: ReadonlyMap<FieldName, Field>): DstRule {
  return fields.get("hour")!.star || fields.get("minute")!.star ? "wall" : dst;
}

function warningsFor(given: ReadonlyMap<FieldName, Field>): string[] {
  const weekday = given.get("day_of_week");
  if (weekday === undefined || !/\d/.test(weekday.text.replace(/\/\d+/g, ""))) return [];
  return [
    `day_of_week: "${weekday.text}" counts from 0 = Monday here, and from 0 = Sunday in a crontab; names (mon, tue, …) say it once and for all`,
  ];
}

function optionName(name: FieldName): "dayOfWeek" | Exclude<FieldName, "day_of_week"> {
  return name === "day_of_week" ? "dayOfWeek" : name;
}
