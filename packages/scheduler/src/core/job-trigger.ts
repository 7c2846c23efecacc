import { type DateInput, parseInstant } from "../time/parse.js";
import { checkZones } from "../triggers/check-zones.js";
import { innermost } from "../triggers/innermost.js";
import { OffsetTrigger } from "../triggers/offset.js";
import type { Random, Trigger, TriggerState } from "../triggers/trigger.js";
import { triggerFromJSON } from "../triggers/trigger-from-json.js";
import { triggerFromText } from "../triggers/trigger-from-text.js";
import { withTimezone } from "../triggers/with-timezone.js";
import { JobSpecError } from "./errors.js";

const YEAR_S = 366 * 86_400;
const EARLIEST = -8.64e15;

/** Creates the trigger that was given, in the scheduler's zone when it names none. */
export function liveTrigger(given: Trigger | TriggerState | string, timezone: string): Trigger {
  const live = withTimezone(triggerOf(given), timezone);
  checkZones(live.toJSON());
  return live;
}

function triggerOf(given: unknown): Trigger {
  if (typeof given === "string") return triggerFromText(given);
  if (typeof given === "object" && given !== null) {
    if ("next" in given) return given as Trigger;
    if ("kind" in given) return triggerFromJSON(given as TriggerState);
  }
  throw new JobSpecError(
    "trigger",
    'must be a trigger, such as interval({ minutes: 5 }), or a text, such as "*/5 * * * *"',
  );
}

/**
 * Delays a trigger by the job's share of `seconds`: a whole number from 0 to `seconds` that depends on the id alone, so it
 * is the same on every machine and after each start (systemd's RandomizedOffsetSec).
 */
export function withJobOffset(trigger: Trigger, id: string, seconds: number | null | undefined): Trigger {
  const bare = trigger instanceof OffsetTrigger ? trigger.triggers[0] : trigger;
  if (seconds === null || seconds === undefined) return bare;
  if (!(Number.isSafeInteger(seconds) && seconds >= 1 && seconds <= YEAR_S)) {
    throw new JobSpecError(
      "randomizedOffset",
      `must be a whole number of seconds from 1 to ${YEAR_S}, is ${String(seconds)}`,
    );
  }
  return new OffsetTrigger(bare, (hashOf(id) % (seconds + 1)) * 1_000);
}

/** Hashes a text to 32 bits: FNV-1a over UTF-8 with a final mix, so that ids which differ in the last digit spread as well. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(text)) hash = Math.imul(hash ^ byte, 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** Returns the first run time of a trigger that is anchored at `nowMs`; a date that has passed stays due, to be judged as a misfire. */
export function firstRunTime(trigger: Trigger, nowMs: number, random: Random): number | null {
  return trigger.next(null, innermost(trigger).kind === "date" ? EARLIEST : nowMs, random);
}

/** Reads a `nextRunTime`; null is none. Throws a JobSpecError. */
export function parseNextRunTime(
  value: DateInput | "now" | null,
  { nowMs, timezone }: { readonly nowMs: number; readonly timezone: string },
): number | null {
  if (value === null) return null;
  if (value === "now") return nowMs;
  try {
    return parseInstant(value, timezone, "nextRunTime");
  } catch (error) {
    const reason = (error as Error).message.replace(/^nextRunTime: /, "");
    throw new JobSpecError("nextRunTime", `must be a valid Date, epoch ms, text, "now" or null: ${reason}`);
  }
}
