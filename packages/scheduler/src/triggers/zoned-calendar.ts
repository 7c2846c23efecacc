import { type Span, WIDEST_OFFSET_MS, type Zone } from "../time/zone.js";
import type { Calendar } from "./calendar.js";
import type { Instant } from "./trigger.js";
import { TriggerSyntaxError } from "./trigger-syntax-error.js";

/** Rule at clock changes: `wall` follows what clocks show, `once` is Vixie cron's rule for fixed times. */
export type DstRule = "wall" | "once";

/** Largest clock change that counts: Vixie cron takes more than 3 h for a correction of the clock and follows it. */
const LARGEST_CHANGE_MS = 3 * 3_600_000;

/** Both the calendar and the zones begin anew after that: a time that clocks have not shown by then they never will. */
const FOUR_CENTURIES_MS = 146_097 * 86_400_000;

/** Margin before a span's end, so that a search sees every local time that clocks can show behind it. */
const SEEN_MS = 2 * WIDEST_OFFSET_MS + LARGEST_CHANGE_MS;

/**
 * The first moment at or after `from` at which clocks in the zone show a time of the calendar; null when none will.
 *
 * It walks the zone's spans of constant offset, and inside a span everything is integers. The wall rule falls out of
 * that: a local time inside a gap belongs to no span, one inside a fold to two. Under `once` what a gap swallowed
 * happens at its end, and what a fold repeats is left out.
 */
export function nextInZone(calendar: Calendar, zone: Zone, from: Instant, dst: DstRule): Instant | null {
  let at = Math.ceil(from / 1_000) * 1_000;
  let until = Number.NaN;
  for (;;) {
    const span = zone.spanAt(at);
    const hit = dst === "wall" ? nextInSpan(calendar, span, at) : nextOnceInSpan(calendar, zone, span, at);
    if (hit < span.endMs) return hit;
    if (span.endMs === Number.POSITIVE_INFINITY) return null;
    // No later moment's local time is earlier than the span's end by more than the widest offset, so everything before
    // the calendar's next match from there can be leapt over.
    const { endMs, offsetMs } = span;
    const match =
      endMs - at > SEEN_MS ? hit + offsetMs : calendar.next(Math.floor((endMs - WIDEST_OFFSET_MS) / 1_000)) * 1_000;
    if (Number.isNaN(until)) until = match + FOUR_CENTURIES_MS;
    if (match === Number.POSITIVE_INFINITY || match > until) return null;
    at = Math.max(endMs, match - WIDEST_OFFSET_MS);
  }
}

function nextInSpan(calendar: Calendar, { offsetMs }: Span, at: Instant): number {
  return calendar.next((at + offsetMs) / 1_000) * 1_000 - offsetMs;
}

function nextOnceInSpan(calendar: Calendar, zone: Zone, span: Span, at: Instant): number {
  // A change affects only times within its own size.
  if (at - span.startMs > LARGEST_CHANGE_MS) return nextInSpan(calendar, span, at);
  const before = zone.spanBefore(span);
  const changeMs = before === undefined ? 0 : span.offsetMs - before.offsetMs;
  if (changeMs > 0 && changeMs < LARGEST_CHANGE_MS && at === span.startMs) {
    const gapFrom = span.startMs + before!.offsetMs;
    if (calendar.next(gapFrom / 1_000) * 1_000 < gapFrom + changeMs) return at;
  }
  if (changeMs < 0 && -changeMs <= LARGEST_CHANGE_MS) {
    return nextInSpan(calendar, span, Math.max(at, span.startMs - changeMs));
  }
  return nextInSpan(calendar, span, at);
}

/** Throws when it is neither of the two rules; undefined is fine. */
export function checkDst(dst: unknown): void {
  if (dst === undefined || dst === "wall" || dst === "once") return;
  throw new TriggerSyntaxError("dst", `must be "wall" or "once", is ${JSON.stringify(dst)}`);
}
