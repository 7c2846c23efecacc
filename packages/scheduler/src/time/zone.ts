import { civilFromDays, DAY_MS, daysFromCivil, isLeapYear, weekdayOf } from "./civil.js";

/** Span [startMs, endMs) with one offset from UTC; the ends may be infinite. */
export interface Span {
  readonly startMs: number;
  readonly endMs: number;
  /** Local time minus UTC. */
  readonly offsetMs: number;
}

/** No zone was ever further from UTC than this (Manila and Alaska before 1900: under 16 h). */
export const WIDEST_OFFSET_MS = 16 * 3_600_000;

/** Length of the pieces in which zones are read, on demand. */
const PIECE_MS = 3_652 * DAY_MS;
/** Step of the search, within which two transitions would be missed; the closest since 1970 are weeks apart (Ramadan in Morocco). */
const PROBE_MS = 6 * DAY_MS;

/**
 * A time zone as a table of spans of constant offset, read from Intl by probing and bisection when first needed.
 * Lookups are a binary search, and free for the span that was asked for last.
 */
export class Zone {
  readonly #spans: Span[] = [];
  #readFrom = 0;
  #readTo = 0;
  #last: Span;
  readonly #read: (at: number) => number;

  constructor(
    readonly name: string,
    read: (at: number) => number,
    /** True for a zone with one offset for ever. */
    readonly fixed = false,
  ) {
    this.#read = read;
    if (fixed) {
      this.#readFrom = Number.NEGATIVE_INFINITY;
      this.#readTo = Number.POSITIVE_INFINITY;
      this.#last = { startMs: Number.NEGATIVE_INFINITY, endMs: Number.POSITIVE_INFINITY, offsetMs: read(0) };
    } else {
      // The first piece begins at 2020 and grows both ways; the last span's end is where reading stopped.
      this.#readFrom = this.#readTo = Date.UTC(2020, 0, 1);
      this.#last = { startMs: this.#readFrom, endMs: this.#readTo, offsetMs: read(this.#readFrom) };
    }
    this.#spans.push(this.#last);
  }

  offsetAt(at: number): number {
    return this.spanAt(at).offsetMs;
  }

  /**
   * The span around `at`. Its ends are transitions, or just where reading stopped: then the next span has the same
   * offset.
   */
  spanAt(at: number): Span {
    const last = this.#last;
    return at >= last.startMs && at < last.endMs ? last : this.#find(at);
  }

  /** Returns the span before; undefined at the beginning of time. */
  spanBefore(span: Span): Span | undefined {
    return Number.isFinite(span.startMs) && span.startMs > EARLIEST_MS ? this.spanAt(span.startMs - 1) : undefined;
  }

  /**
   * The instant at which clocks here show that local time (as if it were UTC, ms). In a gap, where they never do, the
   * later instant of the two readings; in a fold, where they do twice, the earlier one.
   */
  toInstant(localMs: number): number {
    const early = this.offsetAt(localMs - WIDEST_OFFSET_MS);
    const late = this.offsetAt(localMs + WIDEST_OFFSET_MS);
    const candidates = new Set([early, late, this.offsetAt(localMs - early), this.offsetAt(localMs - late)]);
    const valid = [...candidates].map((offset) => localMs - offset).filter((at) => at + this.offsetAt(at) === localMs);
    if (valid.length > 0) return Math.min(...valid);
    return localMs - Math.min(this.offsetAt(localMs - early), this.offsetAt(localMs - late), early, late);
  }

  #find(at: number): Span {
    if (at >= REPEATS_FROM_MS) return this.#findRepeated(at);
    this.#readAround(at);
    const spans = this.#spans;
    let low = 0;
    let high = spans.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if (spans[middle]!.startMs <= at) low = middle;
      else high = middle - 1;
    }
    this.#last = spans[low]!;
    return this.#last;
  }

  /** That year's part of the span of a year that was read: the two begin on the same weekday and are as long. */
  #findRepeated(at: number): Span {
    const { year } = civilFromDays(Math.floor(at / DAY_MS));
    const [startMs, endMs] = [newYearMs(year), newYearMs(year + 1)];
    const shiftMs = startMs - newYearMs(MODEL_YEARS.get(yearType(year))!);
    const model = this.spanAt(at - shiftMs);
    this.#last = {
      startMs: Math.max(model.startMs + shiftMs, startMs),
      endMs: Math.min(model.endMs + shiftMs, endMs),
      offsetMs: model.offsetMs,
    };
    return this.#last;
  }

  #readAround(at: number): void {
    while (at >= this.#readTo) this.#readOn();
    while (at < this.#readFrom && this.#readFrom > EARLIEST_MS) this.#readBack();
  }

  #readOn(): void {
    const to = Math.min(this.#readTo + PIECE_MS, REPEATS_FROM_MS);
    let { startMs, offsetMs } = this.#spans.pop()!;
    for (const [at, next] of this.#transitions(this.#readTo, to, offsetMs)) {
      this.#spans.push({ startMs, endMs: at, offsetMs });
      startMs = at;
      offsetMs = next;
    }
    this.#spans.push({ startMs, endMs: to, offsetMs });
    this.#readTo = to;
  }

  #readBack(): void {
    const from = Math.max(this.#readFrom - PIECE_MS, EARLIEST_MS);
    const first = this.#spans.shift()!;
    const begin = from === EARLIEST_MS ? Number.NEGATIVE_INFINITY : from;
    const earlier: Span[] = [];
    let startMs = begin;
    let offsetMs = this.#read(from);
    for (const [at, next] of this.#transitions(from, this.#readFrom, offsetMs)) {
      earlier.push({ startMs, endMs: at, offsetMs });
      startMs = at;
      offsetMs = next;
    }
    this.#spans.unshift(...earlier, { startMs, endMs: first.endMs, offsetMs: first.offsetMs });
    this.#readFrom = from;
  }

  /** Returns the moments in (from, to] at which the offset changes, with the new offset; `offset` is that at `from`. */
  *#transitions(from: number, to: number, offset: number): Generator<[number, number]> {
    let at = from;
    let current = offset;
    while (at < to) {
      const probe = Math.min(at + PROBE_MS, to);
      const found = this.#read(probe);
      if (found !== current) {
        const change = this.#bisect(at, probe, current);
        current = this.#read(change);
        yield [change, current];
        at = change;
      } else at = probe;
    }
  }

  /** Returns the first whole second in (from, to] whose offset is not `offset`. */
  #bisect(from: number, to: number, offset: number): number {
    let low = Math.floor(from / 1_000);
    let high = Math.ceil(to / 1_000);
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2);
      if (this.#read(middle * 1_000) === offset) low = middle;
      else high = middle;
    }
    return high * 1_000;
  }
}

const EARLIEST_MS = Date.UTC(1850, 0, 1);

/**
 * All that is written down for single years (Morocco's Ramadans are, up to 2087) lies before 2101. Behind that zones
 * follow rules like "the last Sunday in March", so every year is like one of these 28, which are read in full.
 */
const FIRST_MODEL_YEAR = 2101;
const MODEL_YEARS: ReadonlyMap<number, number> = new Map(
  Array.from({ length: 28 }, (_, index) => [yearType(FIRST_MODEL_YEAR + index), FIRST_MODEL_YEAR + index]),
);
const REPEATS_FROM_MS = newYearMs(FIRST_MODEL_YEAR + 28);

function newYearMs(year: number): number {
  return daysFromCivil(year, 1, 1) * DAY_MS;
}

/** The weekday a year begins on, and whether it is a leap year: 14 kinds of years. */
function yearType(year: number): number {
  return weekdayOf(daysFromCivil(year, 1, 1)) * 2 + (isLeapYear(year) ? 1 : 0);
}

/** A zone database: by default Intl's; tests give others. */
export interface ZoneSource {
  /** The version of the tz database, like "2025b". */
  readonly version: string;
  /** Epoch ms since when this process uses it. */
  readonly sinceMs: number;
  /** The offset of that zone, ms; undefined where Intl's counts. */
  readonly offsetAt?: (name: string, at: number) => number | undefined;
  /** True for a zone that it does not have, although Intl does. */
  readonly lacks?: (name: string) => boolean;
}

const INTL: ZoneSource = { version: process.versions["tz"] ?? "", sinceMs: Math.floor(performance.timeOrigin) };

let source = INTL;
const zones = new Map<string, Zone>();
let replaced: ReadonlyMap<string, Zone> | undefined;

export function zoneSource(): ZoneSource {
  return source;
}

/** Sets the database for zones created from now on; Intl's without an argument. For tests. */
export function useZoneSource(other: ZoneSource = INTL): void {
  source = other;
  zones.clear();
}

/** False for a name that this process does not know, whatever zones stand in its place. */
export function isOwnZone(name: string): boolean {
  return withZones(NONE, () => {
    try {
      return zone(name) !== undefined;
    } catch {
      return false;
    }
  });
}

const NONE: ReadonlyMap<string, Zone> = new Map();

/** Calls `make` with other zones in place of those of the same names; triggers created in it keep them. */
export function withZones<Made>(others: ReadonlyMap<string, Zone>, make: () => Made): Made {
  const before = replaced;
  replaced = others;
  try {
    return make();
  } finally {
    replaced = before;
  }
}

/** The zone of that IANA name. Throws a RangeError that names the field when there is none. */
export function zone(name: string): Zone {
  const other = replaced?.get(name);
  if (other !== undefined) return other;
  let known = zones.get(name);
  if (known === undefined) {
    known = readZone(name);
    zones.set(name, known);
  }
  return known;
}

function readZone(name: string): Zone {
  if (typeof name !== "string")
    throw new RangeError(`timezone: must be a text like "Asia/Shanghai", is ${typeof name}`);
  if (/^(Etc\/)?(UTC|GMT|UCT|Zulu|Universal|Greenwich)$/i.test(name)) return new Zone(name, () => 0, true);
  const fixed = FIXED.exec(name);
  if (fixed !== null) return fixedZone(name, fixed);
  let format: Intl.DateTimeFormat;
  try {
    if (source.lacks?.(name) === true) throw new RangeError(name);
    // The fewest fields that Intl prints with an offset, which is all that is read.
    format = new Intl.DateTimeFormat("en-US", { timeZone: name, timeZoneName: "longOffset", minute: "numeric" });
  } catch {
    throw new RangeError(`timezone: unknown time zone "${name}"`);
  }
  const { offsetAt } = source;
  if (offsetAt !== undefined) return new Zone(name, (at) => offsetAt(name, at) ?? offsetIn(format.format(at)));
  return new Zone(name, (at) => offsetIn(format.format(at)));
}

/** Reads an offset as the name of a zone, `+08:00`, which earlier versions of Intl do not know. */
const FIXED = /^([+-])(0\d|1\d|2[0-3]):([0-5]\d)$/;

function fixedZone(name: string, [, sign, hours, minutes]: RegExpExecArray): Zone {
  const offsetMs = (Number(hours) * 60 + Number(minutes)) * (sign === "-" ? -60_000 : 60_000);
  if (Math.abs(offsetMs) > WIDEST_OFFSET_MS) throw new RangeError(`timezone: no zone is as far from UTC as "${name}"`);
  return new Zone(name, () => offsetMs, true);
}

/** The offset in a text like "30 GMT-04:56:02" (seconds before about 1930 only), or "30 GMT" for none, in ms. */
function offsetIn(text: string): number {
  const signAt = text.indexOf("GMT") + 3;
  if (signAt === text.length) return 0;
  const [hours, minutes, seconds] = [1, 4, 7].map((at) => Number(text.slice(signAt + at, signAt + at + 2)));
  return (text[signAt] === "-" ? -1_000 : 1_000) * ((hours! * 60 + minutes!) * 60 + seconds!);
}
