/** `npm start`: everything on this machine, from the built code, until Ctrl-C. See PORT and the other names in the README. */
import { join } from "node:path";
import { buildIfNeeded } from "./lib/build-if-needed.mjs";
import { bundledMain } from "./lib/bundle-services.mjs";
import { endWith } from "./lib/expected-failure.mjs";
import { launch } from "./lib/launch.mjs";
import { root } from "./lib/root.mjs";
import { tell } from "./lib/terminal.mjs";

const HOST = join(root, "scripts/lib/hosted-service.mjs");

try {
  await launch({
    build: (signal) => buildIfNeeded({ onProgress: tell, signal }),
    commandOf: (name) => [process.execPath, HOST, bundledMain(name)],
    hosted: true,
    logLevel: "warn",
  });
  process.exit(0);
} catch (error) {
  endWith(error);
}
