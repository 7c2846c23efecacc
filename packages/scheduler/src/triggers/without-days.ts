import { DAY_MS } from "../time/civil.js";
import { localZoneName } from "../time/local-zone.js";
import { type Zone, zone } from "../time/zone.js";
import { delayed } from "./bounds.js";
import { checkOptions } from "./check-options.js";
import { DaySet } from "./day-set.js";
import type { Instant, Random, Trigger, TriggerState } from "./trigger.js";
import { TriggerSyntaxError } from "./trigger-syntax-error.js";
import { withTimezone } from "./with-timezone.js";

/** Options of `withoutDays`. */
export interface WithoutDaysOptions {
  /**
   * Weekdays (`sat`), dates (`2026-04-03`), days of every year (`12-25`) and ranges of either (`2026-08-01/2026-08-16`,
   * `12-24/01-02`), at most 5,000 entries.
   */
  readonly days: readonly string[];
  /** "skip" (default) leaves the run out, "next" moves it to the same time of the next day that is not in the list. */
  readonly instead?: "skip" | "next" | undefined;
  /** Zone of the days. Default the trigger's own zone, or else the scheduler's. */
  readonly timezone?: string | undefined;
}

/**
 * Creates a trigger without the runs on certain days: holidays, weekends, a freeze. Moved runs that meet others run once, and
 * a moved time in the gap of a clock change is as much later as the gap is long. `startDate`, `endDate` and the fields of
 * the trigger count before a run is moved.
 *
 * @example
 * ```ts
 * import { cron, nextRuns, withoutDays } from "@headline/scheduler";
 *
 * const trigger = withoutDays(cron({ hour: 9, timezone: "UTC" }), { days: ["sat", "sun", "01-01"], instead: "next" });
 * console.log(JSON.stringify(nextRuns(trigger, 2, "2026-01-01T00:00:00Z"))); // ["2026-01-02T09:00:00.000Z","2026-01-05T09:00:00.000Z"]
 * ```
 */
export function withoutDays(trigger: Trigger, options: WithoutDaysOptions): WithoutDaysTrigger {
  return new WithoutDaysTrigger(trigger, options);
}

/** Stretches of days passed over before it is taken that no run is left. */
const TRIES = 4_000;

/** Run time, and the run time of the inner trigger that it comes from. */
interface Found {
  readonly at: Instant;
  readonly source: Instant;
}

export class WithoutDaysTrigger implements Trigger {
  readonly kind = "withoutDays";
  readonly triggers: readonly [Trigger];
  readonly #options: WithoutDaysOptions;
  readonly #days: DaySet;
  readonly #zone: Zone;

  constructor(trigger: Trigger, options: WithoutDaysOptions) {
    checkOptions("withoutDays", options, ["days", "instead", "timezone"]);
    const { instead = "skip", timezone } = options;
    if (instead !== "skip" && instead !== "next") {
      throw new TriggerSyntaxError("instead", `must be "skip" or "next", is ${JSON.stringify(instead)}`);
    }
    if (instead === "next" && countsFromLast(trigger)) {
      throw new TriggerSyntaxError(
        "instead",
        `${trigger} counts each run from the one before; only "skip" is possible`,
      );
    }
    this.triggers = [trigger];
    this.#options = options;
    this.#days = new DaySet(options.days);
    this.#zone = zone(timezone ?? onlyZoneIn(trigger.toJSON()) ?? localZoneName());
  }

  next(previous: Instant | null, now: Instant, random?: Random): Instant | null {
    const [trigger] = this.triggers;
    if (countsFromLast(trigger)) return this.#skipped(previous, now, random)?.at ?? null;
    const found = this.#next(previous, now);
    if (found === null || random === undefined) return found?.at ?? null;
    // The day of the planned time counts: a delay over midnight loses no run.
    const delayMs = (trigger.next(found.source - 1, found.source, random) ?? found.source) - found.source;
    return delayMs <= 0 ? found.at : delayed(found.at, delayMs, this.#next(found.at, found.at)?.at ?? null);
  }

  #next(previous: Instant | null, now: Instant): Found | null {
    return this.#options.instead === "next"
      ? this.#moved(previous === null ? now : previous + 1)
      : this.#skipped(previous, now, undefined);
  }

  #skipped(previous: Instant | null, now: Instant, random: Random | undefined): Found | null {
    const [trigger] = this.triggers;
    let at = trigger.next(previous, now, random);
    for (let tries = 0; at !== null && tries < TRIES; tries++) {
      const day = this.#dayOf(at);
      if (!this.#days.has(day)) return { at, source: at };
      at = this.#resumed(at, day, random);
    }
    return null;
  }

  /** The next run behind the days of the list, or in steps of a day and more the next of all: the rhythm stays. */
  #resumed(at: Instant, day: number, random: Random | undefined): Instant | null {
    const [trigger] = this.triggers;
    const resume = this.#startOf(this.#days.firstOutside(day));
    const following = countsFromLast(trigger) ? trigger.next(at, at, random) : null;
    if (following !== null && following - at >= DAY_MS / 2) return following;
    return trigger.next(Math.max(at, resume - 1), resume, random);
  }

  /** Walks the days that have runs, of their own or moved to them. */
  #moved(from: Instant): Found | null {
    const [trigger] = this.triggers;
    let day = this.#days.firstOutside(this.#dayOf(from));
    for (let tries = 0; tries < TRIES; tries++) {
      const found = this.#firstOn(day, from);
      if (found !== null) return found;
      const later = this.#startOf(day + 1);
      const source = trigger.next(later - 1, later);
      if (source === null) return null;
      day = Math.max(day + 1, this.#days.firstOutside(this.#dayOf(source)));
    }
    return null;
  }

  /** The first run on a day that is not in the list, at or after `from`. */
  #firstOn(day: number, from: Instant): Found | null {
    let first: Found | null = null;
    for (let source = this.#days.firstOfStretchBefore(day); source <= day; source++) {
      const found = this.#firstFrom(source, day, from);
      if (found !== null && (first === null || found.at < first.at)) first = found;
    }
    return first;
  }

  /** Returns the first run of one day, moved to another day, that is not before `from`. */
  #firstFrom(sourceDay: number, day: number, from: Instant): Found | null {
    const [trigger] = this.triggers;
    const shiftMs = (day - sourceDay) * DAY_MS;
    const local = from + this.#zone.offsetAt(from);
    // Early, because a clock change of the later day may move a time; earlier times are skipped.
    const begin = Math.max(this.#startOf(sourceDay), this.#zone.toInstant(local - shiftMs) - MARGIN_MS);
    for (let at = trigger.next(begin - 1, begin); at !== null; at = trigger.next(at, at)) {
      if (this.#dayOf(at) > sourceDay) return null;
      if (this.#dayOf(at) < sourceDay) continue;
      const moved = shiftMs === 0 ? at : this.#zone.toInstant(at + this.#zone.offsetAt(at) + shiftMs);
      if (moved >= from) return { at: moved, source: at };
    }
    return null;
  }

  #dayOf(at: Instant): number {
    return Math.floor((at + this.#zone.offsetAt(at)) / DAY_MS);
  }

  #startOf(day: number): Instant {
    return this.#zone.toInstant(day * DAY_MS);
  }

  anchored(now: Instant): Trigger {
    return new WithoutDaysTrigger(this.triggers[0].anchored(now), this.#options);
  }

  inZone(timezone: string): Trigger {
    const [trigger] = this.triggers;
    const ofDays = this.#options.timezone ?? onlyZoneIn(trigger.toJSON()) ?? timezone;
    return new WithoutDaysTrigger(withTimezone(trigger, timezone), { ...this.#options, timezone: ofDays });
  }

  toJSON(): TriggerState {
    const { days, instead, timezone } = this.#options;
    return {
      kind: this.kind,
      triggers: this.triggers.map((trigger) => trigger.toJSON()),
      days: [...days],
      ...(instead === undefined ? {} : { instead }),
      ...(timezone === undefined ? {} : { timezone }),
    };
  }

  /** `cron[hour='9'] without sat, sun and 9 other days`. */
  toString(): string {
    const { days, instead } = this.#options;
    const shown = days.slice(0, days.length > 4 ? 3 : 4).join(", ");
    const more = days.length > 4 ? ` and ${days.length - 3} more` : "";
    return `${this.triggers[0]} without ${shown}${more}${instead === "next" ? ", moved to the next day" : ""}`;
  }
}

/** The longest gap that clocks of our time have (Antarctica/Troll). */
const MARGIN_MS = 2 * 3_600_000;

/** True for `every()`, whose runs count from the run before, so that other days have none. */
export function countsFromLast(trigger: Trigger): boolean {
  const { triggers = [] } = trigger as Trigger & { triggers?: readonly Trigger[] };
  return trigger.kind === "every" || triggers.some(countsFromLast);
}

/** Returns the zone of a trigger, or of all triggers inside it when they share one. */
function onlyZoneIn(state: TriggerState): string | undefined {
  const zones = new Set(zonesIn(state));
  return zones.size === 1 ? [...zones][0] : undefined;
}

function zonesIn({ timezone, triggers }: TriggerState): string[] {
  const own = typeof timezone === "string" ? [timezone] : [];
  return Array.isArray(triggers) ? [...own, ...(triggers as TriggerState[]).flatMap(zonesIn)] : own;
}
