import { WIDEST_OFFSET_MS, type Span, type Zone } from "../time/zone.js";
import type { Calendar } from "./calendar.js";
import type { Instant } from "./trigger.js";

/** What clock changes do to a calendar: `wall` follows what clocks show, `once` is Vixie cron's rule for fixed times. */
export type DstRule = "wall" | "once";

/** Vixie cron takes a larger change for somebody setting the clock, and follows it. */
const LARGEST_CHANGE_MS = 3 * 3_600_000;

/** The calendar and its weekdays begin anew after that: a time that no zone has shown by then is always in a gap. */
const FOUR_CENTURIES_MS = 146_097 * 86_400_000;

/**
 * The first moment at or after `from` at which clocks in the zone show a time of the calendar; null when none will.
 *
 * It walks the zone's spans of constant offset, and inside a span everything is integers. The wall rule falls out of
 * that: a local time inside a gap belongs to no span, one inside a fold to two. Under `once` what a gap swallowed
 * happens at its end, and what a fold repeats is left out.
 */
export function nextInZone(calendar: Calendar, zone: Zone, from: Instant, dst: DstRule): Instant | null {
  let at = Math.ceil(from / 1_000) * 1_000;
  const until = at + FOUR_CENTURIES_MS;
  while (at <= until) {
    const span = zone.spanAt(at);
    const hit = dst === "wall" ? nextInSpan(calendar, span, at) : nextOnceInSpan(calendar, zone, span, at);
    if (hit < span.endMs) return hit;
    if (hit === Number.POSITIVE_INFINITY || span.endMs === Number.POSITIVE_INFINITY) {
      // Behind this span clocks may be set back, so only a calendar without any match from before that is at its end.
      if (span.endMs === Number.POSITIVE_INFINITY) return null;
      if (calendar.next(Math.floor((span.endMs - WIDEST_OFFSET_MS) / 1_000)) === Number.POSITIVE_INFINITY) return null;
    }
    at = leapTo(calendar, span);
  }
  return null;
}

function nextInSpan(calendar: Calendar, { offsetMs }: Span, at: Instant): number {
  return calendar.next((at + offsetMs) / 1_000) * 1_000 - offsetMs;
}

function nextOnceInSpan(calendar: Calendar, zone: Zone, span: Span, at: Instant): number {
  const before = zone.spanBefore(span);
  const changeMs = before === undefined ? 0 : span.offsetMs - before.offsetMs;
  if (changeMs > 0 && changeMs <= LARGEST_CHANGE_MS && at === span.startMs) {
    const gapFrom = span.startMs + before!.offsetMs;
    if (calendar.next(gapFrom / 1_000) * 1_000 < gapFrom + changeMs) return at;
  }
  if (changeMs < 0 && -changeMs <= LARGEST_CHANGE_MS) return nextInSpan(calendar, span, Math.max(at, span.startMs - changeMs));
  return nextInSpan(calendar, span, at);
}

/**
 * Where to look on behind a span: no later moment's local time is earlier than the span's end by more than the widest
 * offset, so everything before the calendar's next match from there can be leapt over.
 */
function leapTo(calendar: Calendar, { endMs }: Span): number {
  const match = calendar.next(Math.floor((endMs - WIDEST_OFFSET_MS) / 1_000)) * 1_000;
  return Math.max(endMs, match - WIDEST_OFFSET_MS);
}
