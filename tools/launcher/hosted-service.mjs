/**
 * The process of one service: `node hosted-service.mjs <its main.js>`. It loads what main.js imports
 * while the servers it needs come up, and runs it when the launcher sends the environment.
 */
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

// The channel closes when the launcher is gone, even by kill -9: this service drains and ends as well.
process.once("disconnect", () => process.kill(process.pid, "SIGTERM"));
const told = once(process, "message");

const main = pathToFileURL(process.argv[2]);
await Promise.allSettled(importsOf(main).map((url) => import(url))); // what fails here fails again, and is told, there
const [environment] = await told;
Object.assign(process.env, environment);
await import(main.href);

function importsOf(url) {
  const statements = readFileSync(url, "utf8").matchAll(/^(?:import|\}) .*?"(.+)";$/gm);
  return [...statements]
    .map(([, specifier]) => specifier)
    .map((specifier) => (specifier.startsWith(".") ? new URL(specifier, url).href : specifier));
}
