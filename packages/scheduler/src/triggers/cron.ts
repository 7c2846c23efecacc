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
import type { Calendar } from "./calendar.js";
import { calendarOf } from "./calendar-of-fields.js";
import { checkOptions } from "./check-options.js";
import { FIELDS, type Field, type FieldName, parseField } from "./fields.js";
import type { Instant, Random, Trigger, TriggerState } from "./trigger.js";
import { checkDst, type DstRule, nextInZone } from "./zoned-calendar.js";

type FieldValue = string | number | undefined;

/** APScheduler's fields. Fields less significant than the least significant given one have their lowest value. */
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
  /** Rule at clock changes. Default "wall". */
  readonly dst?: DstRule | undefined;
  /** APScheduler's own spelling is understood as well. */
  readonly day_of_week?: FieldValue;
}

/** Default of a field that is not given. */
const EVERY = fieldsFrom((_) => "*");

/** Default of a field when no less significant one is given either. */
const LOWEST = fieldsFrom((name) => {
  if (name === "month" || name === "day") return "1";
  return name === "hour" || name === "minute" || name === "second" ? "0" : "*";
});

function fieldsFrom(textOf: (name: FieldName) => string): Readonly<Record<FieldName, Field>> {
  const fields = FIELDS.map((name) => [name, parseField(name, textOf(name))] as const);
  return Object.fromEntries(fields) as Record<FieldName, Field>;
}

/**
 * Creates a trigger that runs when the local time matches every field. Throws a TriggerSyntaxError that names the field.
 *
 * @example
 * ```ts
 * import { cron, nextRuns } from "@headline/scheduler";
 *
 * const workdays = cron({ dayOfWeek: "mon-fri", hour: 6, minute: 30, timezone: "Europe/Berlin" });
 * console.log(JSON.stringify(nextRuns(workdays, 2, "2026-01-01T00:00:00Z"))); // ["2026-01-01T05:30:00.000Z","2026-01-02T05:30:00.000Z"]
 * console.log(String(cron({ month: "6-8", day: "3rd fri", hour: "0-3", dst: "once" }))); // cron[month='6-8', day='3rd fri', hour='0-3']
 * ```
 */
export function cron(options: CronOptions): CronTrigger {
  return new CronTrigger(options);
}

export class CronTrigger implements Trigger {
  readonly kind = "cron";
  /** Warnings about the expression. */
  readonly warnings: readonly string[];
  readonly #options: CronOptions;
  readonly #given: ReadonlyMap<FieldName, Field>;
  readonly #calendar: Calendar;
  readonly #zone: Zone;
  readonly #bounds: Bounds;
  readonly #rule: DstRule;

  constructor(options: CronOptions) {
    checkOptions("cron", options, FIELDS, BOUNDS_OPTIONS, ["dayOfWeek", "dst"]);
    checkDst(options.dst);
    this.#options = options;
    this.#given = givenFields(options);
    const fields = allFields(this.#given);
    this.#calendar = calendarOf(fields);
    this.#zone = zone(options.timezone ?? localZoneName());
    this.#bounds = readBounds(options, this.#zone.name);
    this.#rule = ruleFor(options.dst ?? "wall", fields);
    this.warnings = warningsFor(this.#given);
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

  inZone(timezone: string): CronTrigger {
    return this.#options.timezone === undefined ? new CronTrigger({ ...this.#options, timezone }) : this;
  }

  toJSON(): TriggerState {
    const fields = Object.fromEntries(
      [...this.#given].map(([name, { text }]) => [name === "day_of_week" ? "dayOfWeek" : name, text]),
    );
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
    const value = options[name] ?? (name === "day_of_week" ? options.dayOfWeek : undefined);
    if (value !== undefined && value !== null) given.set(name, parseField(name, value));
  }
  return given;
}

/** True without any given field: every field is `*`, each second, as in APScheduler. */
function allFields(given: ReadonlyMap<FieldName, Field>): ReadonlyMap<FieldName, Field> {
  const leastSignificant = FIELDS.findLastIndex((name) => given.has(name));
  const isLess = (index: number) => leastSignificant >= 0 && index > leastSignificant;
  return new Map(FIELDS.map((name, index) => [name, given.get(name) ?? (isLess(index) ? LOWEST[name] : EVERY[name])]));
}

/** Vixie cron's rule is for fixed times: a star in the hours or minutes follows the wall clock. */
function ruleFor(dst: DstRule, fields: ReadonlyMap<FieldName, Field>): DstRule {
  return fields.get("hour")!.star || fields.get("minute")!.star ? "wall" : dst;
}

function warningsFor(given: ReadonlyMap<FieldName, Field>): string[] {
  const weekday = given.get("day_of_week");
  if (weekday === undefined || !/\d/.test(weekday.text.replace(/\/\d+/g, ""))) return [];
  return [
    `day_of_week: "${weekday.text}" counts from 0 = Monday, a crontab from 0 = Sunday; names (mon, tue, …) are clearer`,
  ];
}
