import { isoLocal } from "../time/format.js";
import { localZoneName } from "../time/local-zone.js";
import { crontab } from "../triggers/crontab.js";
import { nextRuns } from "../triggers/next-runs.js";
import { withoutDays } from "../triggers/without-days.js";
import { withClient } from "./open-store.js";
import { count, HELP, positionals, readArguments, STORE_OPTIONS, UsageError } from "./usage.js";

const OPTIONS = {
  ...STORE_OPTIONS,
  job: { type: "string" },
  tz: { type: "string" },
  count: { type: "string", short: "n", default: "5" },
  extended: { type: "boolean", default: false },
  "without-days": { type: "string" },
} as const;

/** `sched next 'EXPR'` and `sched next --job ID`: the next run times, in their zone. */
export async function nextCommand(args: string[], env: NodeJS.ProcessEnv): Promise<void> {
  const parsed = readArguments(args, OPTIONS, HELP.next);
  if (parsed === undefined) return;
  const { job, tz, ns, store = env["SCHED_STORE"], extended, "without-days": days } = parsed.values;
  const wanted = count(parsed.values.count, "-n");
  if (job !== undefined) {
    positionals(parsed.positionals);
    await withClient({ store, ns }, tz, async (scheduler) => {
      const found = await scheduler.getJob(job);
      if (found === undefined) throw new UsageError(`No job by the id of ${job} was found`);
      printTimes(found.nextRuns(wanted), scheduler.timezone);
    });
    return;
  }
  const [expression] = positionals(parsed.positionals, "EXPR") as [string];
  const timezone = tz ?? localZoneName();
  const line = crontab(expression, { timezone, extended });
  const trigger = days === undefined ? line : withoutDays(line, { days: days.split(/[\s,]+/), timezone });
  const runs = nextRuns(trigger, wanted);
  if (runs.length === 0) throw new UsageError(`"${expression}" names no moment at all; it never fires`);
  printTimes(runs, timezone);
}

function printTimes(runs: readonly Date[], timezone: string): void {
  for (const run of runs) process.stdout.write(`${isoLocal(run.getTime(), timezone)}\n`);
}
