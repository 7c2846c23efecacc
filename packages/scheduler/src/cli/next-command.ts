import { nextRuns } from "../core/next-runs.js";
import { isoLocal } from "../time/format.js";
import { localZoneName } from "../time/local-zone.js";
import { crontab } from "../triggers/crontab.js";
import { withoutDays } from "../triggers/without-days.js";
import { checkOperands, count, readArguments, UsageError } from "./arguments.js";
import { HELP } from "./help.js";
import { withClient } from "./open-store.js";

const OPTIONS = {
  job: { type: "string" },
  tz: { type: "string" },
  count: { type: "string", short: "n", default: "5" },
  extended: { type: "boolean", default: false },
  "without-days": { type: "string" },
} as const;

/** `sched next 'EXPR'` and `sched next --job ID`: lists the next run times, in their zone. */
export async function nextCommand(args: string[], env: NodeJS.ProcessEnv): Promise<void> {
  const given = readArguments(args, env, { help: HELP.next, options: OPTIONS });
  if (given === undefined) return;
  const { job, tz, extended, "without-days": days } = given.values;
  const wanted = count(given.values.count, "-n");
  checkOperands(given.operands, job === undefined ? ["EXPR"] : []);
  if (job !== undefined) {
    await withClient(given.choice, tz, async (scheduler) => {
      const found = await scheduler.getJob(job);
      if (found === undefined) throw new UsageError(`No job by the id of ${job} was found`);
      printTimes(found.nextRuns(wanted), scheduler.timezone);
    });
    return;
  }
  const expression = given.operands[0]!;
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
