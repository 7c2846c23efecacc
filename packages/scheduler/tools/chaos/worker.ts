import type { RunContext } from "../../src/core/task.js";
import { Scheduler } from "../../src/scheduler/scheduler.js";
import { openStore } from "./open-store.js";

/** A scheduler in a process of its own, to be killed. Says on stdout what starts and ends: a pipe keeps it, whatever happens. */
const [url, namespace, leaseMs] = process.argv.slice(2) as [string, string, string];
const say = (what: object) => process.stdout.write(`${JSON.stringify({ ...what, at: Date.now() })}\n`);
const scheduler = new Scheduler({
  timezone: "UTC",
  leaseMs: Number(leaseMs),
  stores: { default: await openStore(url, namespace) },
  logger: { debug() {}, info() {}, warn() {}, error: (message) => process.stderr.write(`${message}\n`) },
});

scheduler.registerTask("work", async ({ jobId, scheduledAt, executionId, attempt, signal }: RunContext, ms: number) => {
  say({ what: "start", jobId, scheduledAt, executionId, attempt });
  await new Promise((resolve) => setTimeout(resolve, ms));
  say({ what: "end", jobId, scheduledAt, executionId, attempt, aborted: signal.aborted });
});

process.once("SIGTERM", () => void scheduler.shutdown({ timeoutMs: 5_000 }).then(() => process.exit(0)));
await scheduler.start();
say({ what: "ready" });
