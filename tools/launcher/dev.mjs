/**
 * `npm run dev`: everything from its sources; a service starts again, and the pages are built again, when one of the files they
 * are made of changes.
 */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { commandLine } from "../lib/command-line.mjs";
import { endWith } from "../lib/expected-failure.mjs";
import { root } from "../lib/root.mjs";
import { launch } from "./launch.mjs";

const WATCH = [
  process.execPath,
  join(root, "node_modules/tsx/dist/cli.mjs"),
  "watch",
  "--clear-screen=false",
  "--conditions=source",
];

commandLine({
  usage: "npm run dev\n\nEverything from its sources, started again when they change. Variables as of npm start.",
});

try {
  await launch({
    build: watchPages,
    commandOf: (name) => [...endingWithUs(), ...WATCH, join(root, "services", name, "src/main.ts")],
    hosted: false,
    logLevel: "info",
  });
  process.exit(0);
} catch (error) {
  endWith(error);
}

/** Once they are built, and from then on whenever they change. */
async function watchPages() {
  const { build } = await import("vite");
  const watcher = await build({ root: join(root, "services/web"), logLevel: "warn", build: { watch: {} } });
  await new Promise((resolve) => {
    watcher.on("event", ({ code }) => (code === "END" || code === "ERROR") && resolve());
  });
}

/** The kernel ends the watchers with this process, even when that is killed. BusyBox has a setpriv that cannot. */
function endingWithUs() {
  const prefix = ["setpriv", "--pdeathsig", "TERM"];
  const works = spawnSync(prefix[0], [...prefix.slice(1), "true"], { stdio: "ignore" }).status === 0;
  return works ? [...prefix, "--"] : [];
}
