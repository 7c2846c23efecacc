// A job that survives restarts. Start it as often as you like:
//   node examples/persistent.mjs mysql://user:password@127.0.0.1:3306/test     (or redis://127.0.0.1)

import { cron, Scheduler } from "@headline/scheduler";
import { MySQLJobStore, RedisJobStore } from "@headline/scheduler/stores";

const url = process.argv[2];
if (url === undefined) throw new Error("give the store's address: mysql://user:password@host:3306/database");

const store = url.startsWith("mysql") ? new MySQLJobStore({ url }) : new RedisJobStore({ url });
const scheduler = new Scheduler({ timezone: "UTC", stores: { default: store } });
scheduler.registerTask("report", (context) => console.log(`report, due at ${new Date(context.scheduledAt)}`));

process.once("SIGTERM", () => scheduler.shutdown());

await scheduler.addJob({ id: "report", func: "report", trigger: cron({ hour: 6 }), onConflict: "keep" });
await scheduler.start();
await scheduler.printJobs();
