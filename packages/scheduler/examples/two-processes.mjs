// Two processes, one store. In two terminals:
//   PORT=4001 node examples/two-processes.mjs          (or with mysql://user:password@127.0.0.1:3306/test)
//   PORT=4002 node examples/two-processes.mjs
// Open http://127.0.0.1:4001/scheduler, then kill -9 one of them and watch the other take over.

import { crontab, interval, Scheduler } from "@headline/scheduler";
import { dashboard } from "@headline/scheduler/dashboard";
import { MySQLJobStore } from "@headline/scheduler/stores";
import { SQLiteJobStore } from "@headline/scheduler/stores/sqlite";
import express from "express";

const url = process.argv[2] ?? "sqlite:jobs.db";
const store = url.startsWith("sqlite:") ? new SQLiteJobStore({ url }) : new MySQLJobStore({ url });

const scheduler = new Scheduler({ timezone: "UTC", stores: { default: store } });

scheduler.registerTask("report", async ({ executionId, attempt, signal }) => {
  console.log(`report ${executionId}, attempt ${attempt}, in process ${process.pid}`);
  await new Promise((resolve) => setTimeout(resolve, 4_000));
  return signal.aborted ? "stopped" : `done in process ${process.pid}`;
});

await scheduler.start();
await scheduler.addJob({
  id: "report",
  func: "report",
  trigger: interval({ seconds: 10 }),
  ack: "late",
  onConflict: "keep",
});
await scheduler.addJob({ id: "nightly", func: "report", trigger: crontab("30 3 * * *"), onConflict: "keep" });

const app = express();
app.use("/scheduler", dashboard(scheduler, {}));
const server = app.listen(Number(process.env["PORT"] ?? 4001), "127.0.0.1", (error) => {
  if (error) throw error;
  console.log(`process ${process.pid}: http://127.0.0.1:${server.address().port}/scheduler`);
});

process.once("SIGTERM", async () => {
  server.closeAllConnections();
  await scheduler.shutdown({ timeoutMs: 10_000 });
  process.exit(0);
});
