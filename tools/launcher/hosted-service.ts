/**
 * The process of one service: `node hosted-service.js MAIN [PRELOAD]`. It loads PRELOAD while the servers it needs come up, and runs MAIN
 * when the launcher sends the environment.
 */
import { once } from "node:events";
import { pathToFileURL } from "node:url";

// The channel closes when the launcher is gone, even by kill -9: this service drains and ends as well.
process.once("disconnect", () => process.kill(process.pid, "SIGTERM"));
const sent = once(process, "message");

const [main, preload] = process.argv.slice(2);
if (preload !== undefined) await load(preload).catch(() => {}); // fails again, and with its reason, in main
const [environment] = await sent;
Object.assign(process.env, environment);
await load(main as string);

function load(path: string): Promise<unknown> {
  return import(pathToFileURL(path).href);
}
