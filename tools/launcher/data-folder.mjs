import { accessSync, constants, mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { ExpectedFailure } from "../lib/expected-failure.mjs";
import { root } from "../lib/root.mjs";

/** Where this machine's servers and secrets live: HEADLINE_DATA_DIR, or .data in the repository. */
export function dataFolder(env) {
  return env.HEADLINE_DATA_DIR ? resolve(env.HEADLINE_DATA_DIR) : join(root, ".data");
}

/** Creates it if needed; an unwritable one is named together with the way out. */
export function ensureDataFolder(dataDir) {
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
    accessSync(dataDir, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    throw new ExpectedFailure(
      `Cannot write to the data folder ${dataDir} (${error.code}). Set HEADLINE_DATA_DIR to a folder of yours, such as\n` +
        "  HEADLINE_DATA_DIR=~/headline npm start",
    );
  }
}
