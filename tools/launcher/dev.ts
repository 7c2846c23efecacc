/**
 * `npm run dev`: everything from its sources; a service starts again, and the pages are built again, when one of the files they
 * are made of changes.
 */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { commandLine } from "../lib/command-line.js";
import { endWith } from "../lib/expected-failure.js";
import { root } from "../lib/root.js";
import { launch } from "./launch.js";
import { stopSignal } from "./stop-signal.js";

const WATCH = [
  process.execPath,
  join(root, "node_modules/tsx/dist/cli.mjs"),
  "watch",
  "--clear-screen=false",
  "--conditions=headline-source",
];

commandLine({
  usage: "npm run dev\n\nEverything from its sources, started again when they change. Variables as of npm start.",
});

try {
  const stop = stopSignal();
  await launch({
    stop,
    pages: watchPages(),
    commandOf: (name) => [...endingWithUs(), ...WATCH, join(root, "services", name, "src/main.ts")],
    hosted: false,
    logLevel: "info",
  });
  process.exit(0);
} catch (error) {
  endWith(error);
}

/** Builds the pages whenever they change; resolves with the first build. */
async function watchPages(): Promise<void> {
  const { build } = await import("vite");
  const watcher = await build({ root: join(root, "services/web"), logLevel: "warn", build: { watch: {} } });
  if (!("on" in watcher)) return;
  await new Promise<void>((resolve) => {
    watcher.on("event", ({ code }) => {
      if (code === "END" || code === "ERROR") resolve();
    });
  });
}

/** The kernel ends the watchers with this process, even when that is killed. BusyBox has a setpriv that cannot. */
function endingWithUs(): readonly string[] {
  const prefix = ["setpriv", "--pdeathsig", "TERM"];
  const works = spawnSync("setpriv", [...prefix.slice(1), "true"], { stdio: "ignore" }).status === 0;
  return works ? [...prefix, "--"] : [];
}
