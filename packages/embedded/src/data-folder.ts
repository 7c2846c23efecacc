import { accessSync, constants, mkdirSync } from "node:fs";

/** Creates the folder if needed; an unwritable one is named together with the way out. */
export function ensureDataFolder(dataDir: string): void {
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
    accessSync(dataDir, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const message = `cannot write to the data folder ${dataDir} (${code}); set HEADLINE_DATA_DIR to a folder of yours`;
    throw new Error(message, { cause });
  }
}
