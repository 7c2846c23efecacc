import { liveNodes, missingOf } from "../core/orphans.js";
import { TABLE_TAG } from "../crontab/table-tag.js";
import type { Job } from "../scheduler/job.js";
import type { Scheduler } from "../scheduler/scheduler.js";
import { readArguments } from "./arguments.js";
import { HELP } from "./help.js";
import { withClient } from "./open-store.js";

/** `sched doctor`: lists jobs that no live scheduler of the store can run; exit code 1 when there are any. */
export async function doctorCommand(args: string[], env: NodeJS.ProcessEnv): Promise<void> {
  const given = readArguments(args, env, { help: HELP.doctor, options: {}, operands: [] });
  if (given === undefined) return;
  await withClient(given.choice, undefined, async (scheduler) => {
    const lines = await findings(scheduler);
    for (const line of lines) process.stdout.write(`${line}\n`);
    if (lines.length > 0) process.exitCode = 1;
  });
}

async function findings(scheduler: Scheduler): Promise<string[]> {
  const jobs = (await scheduler.getJobs()).filter(({ tags }) => !tags.includes(TABLE_TAG));
  const now = await scheduler.stores.get("default")!.now();
  // This client runs nothing.
  const nodes = liveNodes(await scheduler.nodes(), now).filter(({ id }) => id !== scheduler.id);
  if (nodes.length === 0)
    return jobs.length === 0 ? [] : [`no scheduler is alive; jobs that wait for it: ${jobs.length}`];
  return jobs.flatMap((job) => findingOf(job, nodes));
}

function findingOf(job: Job, nodes: Parameters<typeof missingOf>[1]): string[] {
  const missing = missingOf(job.record, nodes);
  if (missing === undefined) return [];
  return [`${JSON.stringify(job.id)}: no live scheduler has the ${missing.missing} ${JSON.stringify(missing.name)}`];
}
