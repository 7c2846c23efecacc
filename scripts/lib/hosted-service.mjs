/**
 * The process of one service: `node hosted-service.mjs <its dist folder>`. It loads the service's code while the
 * servers it needs come up, and runs its main.js when the launcher sends the environment.
 */
import { once } from "node:events";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

// The channel closes when the launcher is gone, even by kill -9: this service drains and ends as well.
process.once("disconnect", () => process.kill(process.pid, "SIGTERM"));
const told = once(process, "message");

const dist = process.argv[2];
const code = join(dist, "index.js");
if (existsSync(code)) await import(pathToFileURL(code).href);

const [environment] = await told;
Object.assign(process.env, environment);
await import(pathToFileURL(join(dist, "main.js")).href);
