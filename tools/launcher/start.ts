/** `npm start`: everything on this machine, from bundles of the sources, until Ctrl-C. See PORT and the other names in the README. */
import { pathToFileURL } from "node:url";
import { commandLine } from "../lib/command-line.js";
import { endWith } from "../lib/expected-failure.js";
import { formatSeconds, say } from "../lib/terminal.js";
import { bundle, bundlePath, isBundled } from "./bundle.js";
import type { launch as Launcher } from "./launch.js";
import { arePagesBuilt, buildPages } from "./pages.js";
import type { ServiceName } from "./service.js";
import { stopSignal } from "./stop-signal.js";

/**
 * A larger young generation for the gateway: fewer objects outlive it, which is a quarter of its CPU for 80 MB (bench/README.md).
 * The recommender's long-lived objects are readers' histories, and it would only copy more of them at a time.
 */
const NODE_FLAGS: Readonly<Record<ServiceName, readonly string[]>> = {
  gateway: ["--max-semi-space-size=64"],
  recommendation: [],
  jobs: [],
};

commandLine({
  usage: `npm start

Everything on this machine, from bundles of the sources, until Ctrl-C. Variables: HOST, PORT, GRPC_PORT, JOBS_PORT, MYSQL_URL, REDIS_URL,
HEADLINE_DATA_DIR and others (docs/architecture.md).`,
});

try {
  await start();
  process.exit(0);
} catch (error) {
  endWith(error);
}

async function start(): Promise<void> {
  const stop = stopSignal();
  const pages = arePagesBuilt() ? Promise.resolve() : timed("pages", () => buildPages(stop.signal));
  pages.catch(() => {}); // the launcher waits for them
  if (!isBundled()) await timed("services", bundle);
  if (stop.signal.aborted) return;
  const { launch } = (await import(pathToFileURL(bundlePath("launch")).href)) as { launch: typeof Launcher };
  await launch({ stop, pages, commandOf, hosted: true, logLevel: "warn" });
}

function commandOf(name: ServiceName): readonly string[] {
  const programs = [bundlePath("hosted-service"), bundlePath(name), bundlePath(`${name}-preload`)];
  return [process.execPath, ...NODE_FLAGS[name], ...programs];
}

async function timed(subject: string, work: () => Promise<void>): Promise<void> {
  const startedAt = performance.now();
  say(`building the ${subject}`);
  await work();
  say(`built the ${subject} in ${formatSeconds(performance.now() - startedAt)}`);
}
