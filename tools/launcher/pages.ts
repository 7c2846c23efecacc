import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { ExpectedFailure } from "../lib/expected-failure.js";
import { root } from "../lib/root.js";
import { isUnchanged } from "./snapshot.js";

const PROGRAM = "tools/launcher/build-pages.ts";
const INPUTS = join(root, "services/web/dist/.inputs.json");

export function arePagesBuilt(): boolean {
  return isUnchanged(INPUTS, root);
}

/** Builds the pages in the browser, in a process of its own, without a check of types. */
export async function buildPages(signal: AbortSignal): Promise<void> {
  const child = spawn(process.execPath, ["--import", "tsx", PROGRAM, INPUTS], {
    cwd: root,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const [output, errors, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "close")]);
  if (signal.aborted) return; // Ctrl-C reaches the child as well
  if (code !== 0) throw new ExpectedFailure(`${output}${errors}\nThe pages could not be built; see above.`);
}
