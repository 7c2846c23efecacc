import { OffsetTrigger } from "../triggers/offset.js";
import type { Trigger } from "../triggers/trigger.js";
import { JobSpecError } from "./errors.js";

const YEAR_S = 366 * 86_400;

/**
 * The trigger later by the job's share of the seconds: a whole number from 0 to `seconds` that only the id decides, so it
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

/** FNV-1a over the UTF-8 of a text with a final mix, 32 bits: ids that differ in their last digit spread as well. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(text)) hash = Math.imul(hash ^ byte, 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
