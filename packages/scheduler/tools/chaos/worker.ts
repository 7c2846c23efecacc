import type { RunContext } from "../../src/core/task.js";
import { Scheduler } from "../../src/scheduler/scheduler.js";
import { openStore } from "./open-store.js";

/** Scheduler in a process of its own, to be killed. Reports starts and ends on stdout: a pipe keeps them after a kill. */
const [url, namespace, leaseMs] = process.argv.slice(2) as [string, string, string];
const report = (what: object) => process.stdout.write(`${JSON.stringify({ ...what, at: Date.now() })}\n`);
const scheduler = new Scheduler({
  timezone: "UTC",
  leaseMs: Number(leaseMs),
  stores: { default: await openStore(url, namespace) },
  logger: { debug() {}, info() {}, warn() {}, error: (message) => process.stderr.write(`${message}\n`) },
});

scheduler.registerTask("work", async ({ jobId, scheduledAt, executionId, attempt, signal }: RunContext, ms: number) => {
  report({ what: "start", jobId, scheduledAt, executionId, attempt });
  await new Promise((resolve) => setTimeout(resolve, ms));
  report({ what: "end", jobId, scheduledAt, executionId, attempt, aborted: signal.aborted });
});

process.once("SIGTERM", () => void scheduler.shutdown({ timeoutMs: 5_000 }).then(() => process.exit(0)));
await scheduler.start();
report({ what: "ready" });
