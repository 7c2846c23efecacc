/** One of several schedulers (or BullMQ workers) that say at the end how late each run began. Forked by redis-lateness.ts. */
import { argv } from "node:process";
import { AsyncExecutor, Scheduler } from "@headline/scheduler";
import { RedisJobStore } from "@headline/scheduler/stores";
import { Worker } from "bullmq";

const [kind, url = "", seconds = "0"] = argv.slice(2);
const latenessMs: number[] = [];

if (kind === "ours") {
  const scheduler = new Scheduler({
    stores: { default: new RedisJobStore({ url }) },
    executors: { default: new AsyncExecutor({ concurrency: 1_000 }) },
  });
  scheduler.registerTask("late", ({ scheduledAt }) => void latenessMs.push(Date.now() - scheduledAt));
  await scheduler.start();
  setTimeout(() => void scheduler.shutdown().then(report), Number(seconds) * 1_000);
} else {
  const worker = new Worker("late", async ({ data }) => void latenessMs.push(Date.now() - data.dueAt), {
    connection: { url, maxRetriesPerRequest: null },
    concurrency: 200,
  });
  setTimeout(() => void worker.close().then(report), Number(seconds) * 1_000);
}
process.send?.("ready");

function report(): void {
  process.send?.(latenessMs, () => process.exit(0));
}
