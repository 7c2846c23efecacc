import { checkKnown, type OptionNames } from "../core/known-options.js";
import type { CrontabEntry } from "./crontab-entry.js";
import { formatAssignment } from "./environment-line.js";

/** Parts of an entry that its line holds. */
export type WrittenEntry = Pick<CrontabEntry, "schedule" | "text"> &
  Partial<Pick<CrontabEntry, "environment" | "timezone" | "extended" | "withoutDays" | "user">>;

/** Options of `formatCrontab`. */
export interface FormatCrontabOptions {
  /** Writes the user field of a system table. Default false. */
  readonly system?: boolean;
}

const OPTIONS: OptionNames<FormatCrontabOptions> = { system: true };

/**
 * Formats a crontab that `parseCrontab` reads as these entries, without comments. Throws a RangeError when no table does, as
 * when a variable would have to be unset.
 */
export function formatCrontab(entries: readonly WrittenEntry[], options: FormatCrontabOptions = {}): string {
  checkKnown<FormatCrontabOptions>(options, OPTIONS, "formatCrontab");
  const { system = false } = options;
  const lines: string[] = [];
  let environment: Readonly<Record<string, string>> = {};
  let timezone: string | undefined;
  let extended = false;
  let withoutDays = "";
  for (const entry of entries) {
    const wanted = entry.environment ?? {};
    const unset = Object.keys(environment).find((name) => !(name in wanted));
    if (unset !== undefined) throw new RangeError(`environment: a crontab cannot unset ${unset} again`);
    if (entry.timezone !== timezone) lines.push(formatAssignment({ name: "CRON_TZ", value: entry.timezone ?? "" }));
    const isExtended = entry.extended === true;
    if (isExtended !== extended) {
      lines.push(formatAssignment({ name: "CRON_EXTENDED", value: isExtended ? "yes" : "no" }));
    }
    const days = entry.withoutDays?.join(",") ?? "";
    if (days !== withoutDays) lines.push(formatAssignment({ name: "CRON_WITHOUT_DAYS", value: days }));
    for (const [name, value] of Object.entries(wanted)) {
      if (environment[name] !== value) lines.push(formatAssignment({ name, value }));
    }
    lines.push(lineOf(entry, system));
    environment = wanted;
    timezone = entry.timezone;
    extended = isExtended;
    withoutDays = days;
  }
  return lines.map((line) => `${line}\n`).join("");
}

function lineOf({ schedule, user, text }: WrittenEntry, system: boolean): string {
  if (system && user === undefined) throw new RangeError("user: a line of a system table needs one");
  const line = [schedule, ...(system ? [user] : []), text].join(" ");
  if (/[\r\n\0]/.test(line)) throw new RangeError(`command: ${JSON.stringify(text)} is more than one line`);
  return line;
}
