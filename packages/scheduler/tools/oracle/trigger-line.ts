import { cron } from "../../src/triggers/cron.js";
import { crontab } from "../../src/triggers/crontab.js";
import { date } from "../../src/triggers/date.js";
import { interval } from "../../src/triggers/interval.js";
import type { Trigger } from "../../src/triggers/trigger.js";
import { triggerFromJSON } from "../../src/triggers/trigger-from-json.js";
import type { DstRule } from "../../src/triggers/zoned-calendar.js";

/** Case of a trigger's fire times; the first format. */
export interface TriggerLine {
  readonly id: string;
  readonly kind: "cron" | "interval" | "date" | "crontab";
  /** APScheduler's keyword arguments. */
  readonly spec?: Readonly<Record<string, string | number>>;
  readonly expr?: string;
  readonly tz: string;
  readonly now?: string;
  readonly n?: number;
  readonly start_date?: string;
  readonly end_date?: string;
  readonly expected?: readonly string[];
  readonly exhausted?: boolean;
  /** Days from `now` within which `expected` holds all fire times. */
  readonly exhausted_horizon_days?: number;
  readonly error?: boolean;
  readonly str?: string;
  readonly once?: readonly string[];
  readonly wall?: readonly string[];
}

/** Runs a case; returns the difference, or null. */
export function runTriggerLine(line: TriggerLine): string | null {
  if (line.error === true) return expectError(line);
  const usual = line.kind === "crontab" ? "once" : "wall";
  const other = line.kind === "crontab" ? line.wall : line.once;
  return (
    compareTimes(line, line.expected!, usual) ??
    (other === undefined ? null : compareTimes(line, other, usual === "once" ? "wall" : "once")) ??
    compareText(line)
  );
}

function expectError(line: TriggerLine): string | null {
  try {
    const trigger = triggerOf(line, "wall");
    return `expected an error, actual ${trigger}`;
  } catch {
    return null;
  }
}

function compareTimes(line: TriggerLine, expected: readonly string[], dst: DstRule): string | null {
  const trigger = triggerOf(line, dst);
  const actual = fireTimes(trigger, line, expected.length);
  const wanted = expected.map((text) => Date.parse(text));
  const revived = fireTimes(triggerFromJSON(JSON.parse(JSON.stringify(trigger))), line, expected.length);
  if (!same(actual, revived)) return `${dst}: after JSON it fires at ${iso(revived)}, before at ${iso(actual)}`;
  return same(actual, wanted) ? null : `${dst}: expected ${iso(wanted)}, actual ${iso(actual)}`;
}

/** Number of fire times to compute: one more than expected when there should be no more. */
function fireTimes(trigger: Trigger, line: TriggerLine, count: number): number[] {
  const now = Date.parse(line.now!);
  const horizonMs =
    line.exhausted_horizon_days === undefined
      ? Number.POSITIVE_INFINITY
      : now + line.exhausted_horizon_days * 86_400_000;
  const anchored = trigger.anchored(now);
  const times: number[] = [];
  const wanted = line.exhausted === true || line.exhausted_horizon_days !== undefined ? count + 1 : count;
  let at = anchored.next(null, line.kind === "date" ? Number.MIN_SAFE_INTEGER : notBefore(line.now!));
  while (at !== null && at <= horizonMs && times.length < wanted) {
    times.push(at);
    at = anchored.next(at, at);
  }
  return times;
}

/** Parses a moment, rounded up to milliseconds, which Date.parse would cut off. */
function notBefore(text: string): number {
  const beyondMs = /\.\d{3}(\d+)/.exec(text)?.[1] ?? "";
  return Date.parse(text) + (Number(beyondMs) > 0 ? 1 : 0);
}

function compareText(line: TriggerLine): string | null {
  if (line.str === undefined) return null;
  const text = String(triggerOf(line, "wall"));
  return text === line.str ? null : `text: expected ${line.str}, actual ${text}`;
}

function triggerOf({ kind, spec = {}, expr, tz, start_date, end_date }: TriggerLine, dst: DstRule): Trigger {
  const bounds = { timezone: tz, startDate: start_date, endDate: end_date };
  if (kind === "crontab") return crontab(expr!, { ...bounds, dst });
  if (kind === "cron") return cron({ ...spec, ...bounds, dst });
  if (kind === "interval") return interval({ ...spec, ...bounds });
  return date({ runAt: spec["run_date"] as string, timezone: tz });
}

function same(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((at, index) => at === b[index]);
}

function iso(times: readonly number[]): string {
  return `[${times.map((at) => new Date(at).toISOString()).join(", ")}]`;
}
