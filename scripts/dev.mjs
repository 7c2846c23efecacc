/** `npm run dev`: everything from its sources; a service starts again when one of the files it is made of changes. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { endWith } from "./lib/expected-failure.mjs";
import { launch } from "./lib/launch.mjs";
import { root } from "./lib/root.mjs";

const WATCH = [
  process.execPath,
  join(root, "node_modules/tsx/dist/cli.mjs"),
  "watch",
  "--clear-screen=false",
  "--conditions=source",
];

try {
  await launch({
    commandOf: (name) => [...endingWithUs(), ...WATCH, join(root, "services", name, "src/main.ts")],
    hosted: false,
    logLevel: "info",
  });
  process.exit(0);
} catch (error) {
  endWith(error);
}

/** The kernel ends the watchers with this process, even when that is killed. BusyBox has a setpriv that cannot. */
function endingWithUs() {
  const prefix = ["setpriv", "--pdeathsig", "TERM"];
  const works = spawnSync(prefix[0], [...prefix.slice(1), "true"], { stdio: "ignore" }).status === 0;
  return works ? [...prefix, "--"] : [];
}
