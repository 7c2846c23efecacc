import { checkKnown, type OptionNames } from "../core/known-options.js";
import { civilFromDays, DAY_MS, daysFromCivil, daysInMonth, mod, weekdayOf } from "../time/civil.js";
import { localZoneName } from "../time/local-zone.js";
import { type Zone, zone } from "../time/zone.js";
import { DaySet } from "../triggers/day-set.js";
import type { Instant, Random, Trigger, TriggerState } from "../triggers/trigger.js";
import { registerTrigger } from "../triggers/trigger-from-json.js";
import { IntervalError, ScheduleError, ScheduleValueError } from "./errors.js";
import { UNIT_MS, UNITS, type Unit, unitText, WEEKDAYS, type Weekday } from "./units.js";

/** Options of an EveryTrigger. */
export interface EveryOptions {
  readonly interval: number;
  /** Upper bound of the interval, which is drawn for each run from `interval` to `latest`. */
  readonly latest?: number | undefined;
  readonly unit: Unit;
  /** Weekday, with weeks only. */
  readonly startDay?: Weekday | undefined;
  /** Time `HH:MM:SS`; hours use its minute and second, minutes its second. */
  readonly at?: string | undefined;
  /** IANA name; that of the scheduler, else of the machine, by default. */
  readonly timezone?: string | undefined;
  /** Last moment of a run, included. */
  readonly until?: Instant | undefined;
  /** Day of the month, 1 to 31, with months only; a shorter month has its last day instead. Default: the day of `anchor`. */
  readonly dayOfMonth?: number | undefined;
  /** Moment whose day (and time, without `at`) months and years keep, epoch ms; set by `anchored`. */
  readonly anchor?: number | undefined;
  /** Days without runs, as `withoutDays` takes them. */
  readonly without?: readonly string[] | undefined;
}

const OPTIONS: OptionNames<EveryOptions> = {
  interval: true,
  latest: true,
  unit: true,
  startDay: true,
  at: true,
  timezone: true,
  until: true,
  without: true,
  dayOfMonth: true,
  anchor: true,
};

/** Latest moment of a Date. */
const LAST_INSTANT = 8.64e15;
/** Runs skipped before the trigger counts as ended: `every(7).days` from a day that is left out has none. */
const WITHOUT_TRIES = 1_000;
/** Units that are elapsed time. */
const UNIT_MS_OF: ReadonlySet<string> = new Set(Object.keys(UNIT_MS));

/**
 * Trigger of an `every()`: the rules of `schedule` as a pure function. Seconds, minutes and hours are elapsed time; days and
 * weeks keep what clocks show. A time of day in the gap of a clock change happens as much later as the gap is long, a
 * repeated one happens the first time.
 *
 * Each run counts from the one before, so the same trigger from another start gives other times. Without `random` an
 * interval from `interval` to `latest` is the shorter one.
 */
export class EveryTrigger implements Trigger {
  readonly kind = "every";
  readonly options: EveryOptions;
  readonly #zone: Zone;
  readonly #atMs: number | undefined;
  readonly #without: DaySet | undefined;

  constructor(options: EveryOptions) {
    this.options = checked(options);
    this.#zone = zone(options.timezone ?? localZoneName());
    this.#atMs = options.at === undefined ? undefined : timeOfDayMs(options.at);
    this.#without = options.without === undefined ? undefined : new DaySet(options.without);
  }

  next(previous: Instant | null, now: Instant, random?: Random): Instant | null {
    const { until = LAST_INSTANT } = this.options;
    const next = this.#outside(this.#following(previous ?? now, random), random);
    return next <= until ? next : null;
  }

  #following(from: Instant, random: Random | undefined): Instant {
    const count = this.#count(random);
    const { unit } = this.options;
    if (unit === "months" || unit === "years") return this.#nextMonth(from, unit, count);
    return unit === "days" || unit === "weeks" ? this.#nextDay(from, unit, count) : this.#nextPart(from, unit, count);
  }

  /** Skips the days that are left out: days and weeks keep their rhythm over them, shorter steps begin anew behind them. */
  #outside(first: Instant, random: Random | undefined): Instant {
    if (this.#without === undefined) return first;
    const { unit } = this.options;
    let at = first;
    for (let tries = 0; tries < WITHOUT_TRIES; tries++) {
      const day = Math.floor((at + this.#zone.offsetAt(at)) / DAY_MS);
      if (!this.#without.has(day)) return at;
      const behind = this.#zone.toInstant(this.#without.firstOutside(day) * DAY_MS) - 1;
      at = this.#following(UNIT_MS_OF.has(unit) ? Math.max(at, behind) : at, random);
    }
    return Number.POSITIVE_INFINITY;
  }

  #count(random: Random | undefined): number {
    const { interval, latest } = this.options;
    if (latest === undefined || random === undefined) return interval;
    return interval + Math.floor(random() * (latest - interval + 1));
  }

  #nextDay(from: Instant, unit: "days" | "weeks", count: number): Instant {
    const { startDay } = this.options;
    const local = from + this.#zone.offsetAt(from);
    const timeMs = this.#atMs ?? mod(local, DAY_MS);
    const stepDays = unit === "weeks" ? 7 * count : count;
    let day = Math.floor(local / DAY_MS);
    if (startDay !== undefined) day += mod(WEEKDAYS.indexOf(startDay) - weekdayOf(day), 7);
    // Rule of `schedule`: only an interval of 1 may still happen in the period that has begun.
    if (count !== 1) day += stepDays;
    for (;;) {
      const at = this.#zone.toInstant(day * DAY_MS + timeMs);
      if (at > from) return at;
      day += stepDays;
    }
  }

  /** Adds months by the wanted day, so that the 31st after the end of February is the 31st again. */
  #nextMonth(from: Instant, unit: "months" | "years", count: number): Instant {
    const { anchor = from, dayOfMonth } = this.options;
    const origin = anchor + this.#zone.offsetAt(anchor);
    const { month: anchorMonth, day: anchorDay } = civilFromDays(Math.floor(origin / DAY_MS));
    const { year, month } = civilFromDays(Math.floor((from + this.#zone.offsetAt(from)) / DAY_MS));
    const step = unit === "years" ? 12 * count : count;
    // Rule of `schedule` for days: only an interval of 1 may still happen in the period that has begun.
    let index = year * 12 + (unit === "years" ? anchorMonth : month) - 1 + (count === 1 ? 0 : step);
    for (;;) {
      const [y, m] = [Math.floor(index / 12), mod(index, 12) + 1];
      const day = daysFromCivil(y, m, Math.min(dayOfMonth ?? anchorDay, daysInMonth(y, m)));
      const at = this.#zone.toInstant(day * DAY_MS + (this.#atMs ?? mod(origin, DAY_MS)));
      if (at > from) return at;
      index += step;
    }
  }

  #nextPart(from: Instant, unit: keyof typeof UNIT_MS, count: number): Instant {
    const stepMs = count * UNIT_MS[unit];
    if (this.#atMs === undefined) return from + stepMs;
    let at = this.#aligned(from, unit, this.#atMs);
    if (count !== 1) at += stepMs;
    while (at <= from) at += stepMs;
    return this.#realigned(at, from, unit, this.#atMs);
  }

  /** Moves a step to the nearest right minute: a clock change of half an hour ends it at another one. */
  #realigned(at: Instant, from: Instant, unit: keyof typeof UNIT_MS, atMs: number): Instant {
    const around = this.#aligned(at, unit, atMs);
    if (around <= at) return around > from ? around : at;
    const before = this.#zone.toInstant(around + this.#zone.offsetAt(around) - UNIT_MS[unit]);
    return before > from && at - before <= around - at ? before : around;
  }

  /** Returns the moment with that minute and second in the hour (or with that second in the minute) around `at`. */
  #aligned(at: Instant, unit: keyof typeof UNIT_MS, atMs: number): Instant {
    const span = this.#zone.spanAt(at);
    const local = at + span.offsetMs;
    const wanted = Math.floor(local / UNIT_MS[unit]) * UNIT_MS[unit] + (atMs % UNIT_MS[unit]);
    const moment = wanted - span.offsetMs;
    return moment >= span.startMs && moment < span.endMs ? moment : this.#zone.toInstant(wanted);
  }

  anchored(now: Instant): EveryTrigger {
    const { unit, anchor } = this.options;
    const isCounted = (unit === "months" || unit === "years") && anchor === undefined;
    return isCounted ? new EveryTrigger({ ...this.options, anchor: now }) : this;
  }

  inZone(timezone: string): EveryTrigger {
    return this.options.timezone === undefined ? new EveryTrigger({ ...this.options, timezone }) : this;
  }

  until(until: Instant): EveryTrigger {
    return new EveryTrigger({ ...this.options, until });
  }

  toJSON(): TriggerState {
    return { kind: this.kind, ...this.options };
  }

  /** Describes the trigger: `every[10 minutes]`, `every[5 to 10 days]`, `every[monday at 13:15:00]`. */
  toString(): string {
    const { interval, latest, unit, startDay, at, without = [], dayOfMonth } = this.options;
    const range = latest === undefined ? "" : `${interval} to ${latest} `;
    const one = startDay ?? unitText(unit, 1);
    const what = latest === undefined && interval === 1 ? one : `${range || `${interval} `}${startDay ?? unit}`;
    const left =
      without.length === 0 ? "" : ` without ${without.length > 4 ? `${without.length} days` : without.join(", ")}`;
    const onDay = dayOfMonth === undefined ? "" : ` on day ${dayOfMonth}`;
    return `every[${what}${onDay}${at === undefined ? "" : ` at ${at}`}${left}]`;
  }
}

function checked(options: EveryOptions): EveryOptions {
  checkKnown<EveryOptions>(options, OPTIONS, "every");
  const { interval, latest, unit, startDay, at, timezone, until, without, dayOfMonth, anchor } = options;
  checkInterval(interval);
  if (!UNITS.includes(unit)) {
    throw new ScheduleValueError(
      "Invalid unit (valid units are `seconds`, `minutes`, `hours`, `days`, `weeks`, `months`, and `years`)",
    );
  }
  if (dayOfMonth !== undefined && unit !== "months") throw new ScheduleValueError("`dayOfMonth` needs the unit months");
  if (startDay !== undefined && unit !== "weeks") throw new ScheduleValueError("`unit` should be 'weeks'");
  if (startDay !== undefined && !WEEKDAYS.includes(startDay)) {
    throw new ScheduleValueError(`Invalid start day (valid start days are ${WEEKDAYS.join(", ")})`);
  }
  if (latest !== undefined && !(Number.isSafeInteger(latest) && latest >= interval)) {
    throw new ScheduleError(`\`latest\` must be a whole number not lower than the interval ${interval}, is ${latest}`);
  }
  return {
    interval,
    unit,
    ...(latest === undefined ? {} : { latest }),
    ...(startDay === undefined ? {} : { startDay }),
    ...(at === undefined ? {} : { at }),
    ...(timezone === undefined ? {} : { timezone }),
    ...(until === undefined ? {} : { until }),
    ...(dayOfMonth === undefined ? {} : { dayOfMonth: checkedDayOfMonth(dayOfMonth) }),
    ...(anchor === undefined ? {} : { anchor }),
    ...(without === undefined || without.length === 0 ? {} : { without }),
  };
}

/** Refuses `every(0)`, from which `schedule` never returns. */
export function checkInterval(interval: number): void {
  if (Number.isSafeInteger(interval) && interval >= 1) return;
  throw new IntervalError(`The interval must be a whole number from 1, is ${interval}`);
}

/** Throws when no month has the day. */
export function checkedDayOfMonth(day: number): number {
  if (Number.isSafeInteger(day) && day >= 1 && day <= 31) return day;
  throw new ScheduleValueError(`The day of the month must be a whole number from 1 to 31, is ${String(day)}`);
}

function timeOfDayMs(text: string): number {
  const match = /^([01]\d|2[0-3]):([0-5]\d):([0-5]\d)$/.exec(text);
  if (match === null) throw new ScheduleValueError(`at: "${text}" is not like 13:15:00`);
  return (Number(match[1]) * 3_600 + Number(match[2]) * 60 + Number(match[3])) * 1_000;
}

registerTrigger("every", ({ kind: _, ...options }) => new EveryTrigger(options as unknown as EveryOptions));
