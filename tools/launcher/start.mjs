/** `npm start`: everything on this machine, from the built code, until Ctrl-C. See PORT and the other names in the README. */
import { join } from "node:path";
import { commandLine } from "../lib/command-line.mjs";
import { endWith } from "../lib/expected-failure.mjs";
import { root } from "../lib/root.mjs";
import { tell } from "../lib/terminal.mjs";
import { buildIfNeeded } from "./build-if-needed.mjs";
import { bundledMain } from "./bundle-services.mjs";
import { launch } from "./launch.mjs";

/**
 * A larger young generation for the gateway: fewer objects outlive it, which is a quarter of its CPU for 80 MB (bench/README.md).
 * What outlives it in the recommender are readers' histories, and it would only copy more of them at a time.
 */
const NODE_FLAGS = { gateway: ["--max-semi-space-size=64"], recommendation: [], jobs: [] };

const HOST = join(root, "tools/launcher/hosted-service.mjs");

commandLine({
  usage: `npm start

Everything on this machine, from the built code, until Ctrl-C. Variables: HOST, PORT, GRPC_PORT, JOBS_PORT, MYSQL_URL, REDIS_URL,
HEADLINE_DATA_DIR and others (docs/architecture.md).`,
});

try {
  await launch({
    build: (signal) => buildIfNeeded({ onProgress: tell, signal }),
    commandOf: (name) => [process.execPath, ...NODE_FLAGS[name], HOST, bundledMain(name)],
    hosted: true,
    logLevel: "warn",
  });
  process.exit(0);
} catch (error) {
  endWith(error);
}
