import { crontab } from "./crontab.js";
import { parseCrontabFields } from "./crontab-fields.js";
import { date } from "./date.js";
import { readElapsed } from "./elapsed-text.js";
import { interval } from "./interval.js";
import type { Trigger } from "./trigger.js";
import { TriggerSyntaxError } from "./trigger-syntax-error.js";

const EXAMPLES =
  "a crontab (*/5 8-18 * * mon-fri, @daily), an interval (every 10 minutes, @every 1h30m, PT90S) or a date (2026-01-31 12:30)";

/**
 * Creates the trigger of a text: five crontab fields or a name such as `@daily`, an interval, or a date. Throws a
 * TriggerSyntaxError with what to write instead.
 *
 * @example
 * ```ts
 * import { triggerFromText } from "@headline/scheduler";
 *
 * console.log(String(triggerFromText("0,30 8-18 * * mon-fri"))); // crontab[0,30 8-18 * * mon-fri]
 * console.log(String(triggerFromText("every 10 minutes"))); // interval[0:10:00]
 * console.log(String(triggerFromText("2026-01-31 12:30", "UTC"))); // date[2026-01-31 12:30:00 UTC]
 * ```
 */
export function triggerFromText(given: string, timezone?: string): Trigger {
  const text = given.trim();
  const zone = timezone === undefined ? {} : { timezone };
  if (text === "") throw new TriggerSyntaxError("trigger", `is empty; give ${EXAMPLES}`);
  if (/^\d{4}-/.test(text)) return date({ runAt: text, ...zone });
  const elapsed = readElapsed(text);
  if (elapsed !== undefined) {
    if (Object.values(elapsed).every((value) => value === 0)) {
      throw new TriggerSyntaxError("trigger", "the interval is 0", text);
    }
    return interval({ ...elapsed, ...zone });
  }
  if (isLine(text)) return crontabFrom(given, zone);
  const zoned = /^(?:CRON_)?TZ=(\S+)\s+(\S.*)$/.exec(text);
  const advice = zoned === null ? "" : `; write crontab("${zoned[2]}", { timezone: "${zoned[1]}" })`;
  throw new TriggerSyntaxError("trigger", `"${text}" is none of: ${EXAMPLES}${advice}`);
}

/** Refuses fields that cron reads as no value: no existing table has to go on working here. */
function crontabFrom(text: string, zone: { readonly timezone?: string }): Trigger {
  const trigger = crontab(text, zone);
  if (trigger.kind === "reboot") return trigger;
  for (const { field, reason, column } of parseCrontabFields(text).odd) {
    throw new TriggerSyntaxError(field, reason, text, column);
  }
  return trigger;
}

/** True also for a line with too few or too many fields, so that the error can name the mistake. */
function isLine(text: string): boolean {
  const words = text.split(/\s+/);
  return text.startsWith("@") || words.length === 5 || (/[\d*?~]/.test(words[0]!) && words.length >= 4);
}
