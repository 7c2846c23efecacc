/** `npm run dev`: everything from its sources; a service starts again when one of the files it is made of changes. */
import { join } from "node:path";
import { endWith } from "./lib/expected-failure.mjs";
import { launch } from "./lib/launch.mjs";
import { root } from "./lib/root.mjs";

const TSX = join(root, "node_modules/tsx/dist/cli.mjs");

try {
  await launch({
    commandOf: (name) => [
      process.execPath,
      TSX,
      "watch",
      "--clear-screen=false",
      "--conditions=source",
      join(root, "services", name, "src/main.ts"),
    ],
    hosted: false,
    logLevel: "info",
  });
  process.exit(0);
} catch (error) {
  endWith(error);
}
