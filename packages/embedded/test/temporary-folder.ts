import { mkdtempSync, rmSync } from "node:fs";
import { socketFolderOf } from "../src/socket-folder.js";

/** A folder that goes when the test ends, and the folder of its sockets too. */
export function temporaryFolder(): { path: string } & Disposable {
  const path = mkdtempSync("/tmp/headline-embedded-test-");
  const sockets = socketFolderOf(path);
  return {
    path,
    [Symbol.dispose]: () => {
      for (const folder of [path, sockets]) rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}
