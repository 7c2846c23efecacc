/** `node --expose-gc node-schedule-peer.mjs COUNT`: what adding jobs to node-schedule costs, in the order of their times, which is its best case
 * (scattered over a day, 100,000 take 280 s). A process of its own, because cancelling them takes minutes. */
import { createRequire } from "node:module";

const nodeSchedule = createRequire(import.meta.url)("node-schedule");
const count = Number(process.argv[2]);
const AN_HOUR_MS = 3_600_000;

const now = Date.now();
const before = bytesInUse();
const start = performance.now();
for (let at = 0; at < count; at++) {
  nodeSchedule.scheduleJob(`job:${at}`, new Date(now + AN_HOUR_MS + at), () => {});
}
const ms = performance.now() - start;
process.stdout.write(JSON.stringify({ ms, bytesPerJob: (bytesInUse() - before) / count }));
process.exit(0);

function bytesInUse() {
  globalThis.gc();
  globalThis.gc();
  return process.memoryUsage().heapUsed;
}
