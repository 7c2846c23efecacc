import { accessSync, constants, mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { codeOf, ExpectedFailure } from "../lib/expected-failure.js";
import { root } from "../lib/root.js";

/** Folder of this machine's servers and secrets: HEADLINE_DATA_DIR, or .data in the repository. */
export function dataFolder(env: { readonly HEADLINE_DATA_DIR?: string | undefined }): string {
  return env.HEADLINE_DATA_DIR ? resolve(env.HEADLINE_DATA_DIR) : join(root, ".data");
}

/** Creates the folder if needed. @throws ExpectedFailure with the way out where it cannot be written. */
export function ensureDataFolder(dataDir: string): void {
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
    accessSync(dataDir, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    throw new ExpectedFailure(
      `Cannot write to the data folder ${dataDir} (${codeOf(error)}). Set HEADLINE_DATA_DIR to a folder of yours, such as\n` +
        "  HEADLINE_DATA_DIR=~/headline npm start",
    );
  }
}
