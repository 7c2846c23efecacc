import { isoLocal } from "../time/format.js";
import { localZoneName } from "../time/local-zone.js";
import { crontab } from "../triggers/crontab.js";
import { withoutDays } from "../triggers/without-days.js";
import { count, HELP, positionals, readArguments, UsageError } from "./usage.js";

/** `sched next 'EXPR'`: when a crontab expression fires, in its zone. */
export function nextCommand(args: string[], now: number): void {
  const options = {
    tz: { type: "string" },
    count: { type: "string", short: "n", default: "5" },
    extended: { type: "boolean", default: false },
    "without-days": { type: "string" },
  } as const;
  const parsed = readArguments(args, options, HELP.next);
  if (parsed === undefined) return;
  const [expression] = positionals(parsed.positionals, "EXPR") as [string];
  const timezone = parsed.values.tz ?? localZoneName();
  const line = crontab(expression, { timezone, extended: parsed.values.extended });
  const days = parsed.values["without-days"]?.split(/[\s,]+/);
  const trigger = days === undefined ? line : withoutDays(line, { days, timezone });
  let at: number | null = null;
  for (let left = count(parsed.values.count, "-n"); left > 0; left--) {
    const next: number | null = trigger.next(at, now);
    if (next === null) break;
    process.stdout.write(`${isoLocal(next, timezone)}\n`);
    at = next;
  }
  if (at === null) throw new UsageError(`"${expression}" names no moment at all; it never fires`);
}
