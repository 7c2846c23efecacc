// A job that survives restarts. Start it as often as you like:
//   node examples/persistent.mjs                  (or sqlite:FILE, mysql://user:password@127.0.0.1:3306/test, redis://127.0.0.1)

import { cron, Scheduler } from "@headline/scheduler";
import { MySQLJobStore, RedisJobStore } from "@headline/scheduler/stores";
import { SQLiteJobStore } from "@headline/scheduler/stores/sqlite";

const url = process.argv[2] ?? "sqlite:jobs.db";
const Store = { sqlite: SQLiteJobStore, mysql: MySQLJobStore, redis: RedisJobStore }[url.split(":")[0]];
if (Store === undefined) throw new Error("give the store's address: sqlite:FILE, mysql://… or redis://…");

const store = new Store({ url });
const scheduler = new Scheduler({ timezone: "UTC", stores: { default: store } });
scheduler.registerTask("report", (context) => console.log(`report, due at ${new Date(context.scheduledAt)}`));

process.once("SIGTERM", () => scheduler.shutdown());

await scheduler.addJob({ id: "report", func: "report", trigger: cron({ hour: 6 }), onConflict: "keep" });
await scheduler.start();
await scheduler.printJobs();
