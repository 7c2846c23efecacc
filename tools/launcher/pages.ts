import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { text } from "node:stream/consumers";
import { ExpectedFailure } from "../lib/expected-failure.js";
import { root } from "../lib/root.js";
import { isUnchanged, snapshotOf } from "./snapshot.js";

const VITE = join(root, "node_modules/vite/bin/vite.js");
const WEB = "services/web";
const INPUTS = join(root, WEB, "dist/.inputs.json");
/** Folders whose sources the pages are made of. */
const SOURCES = [`${WEB}/src`, `${WEB}/public`, "packages/client/src"];
const FILES = [`${WEB}/index.html`, `${WEB}/vite.config.ts`, `${WEB}/package.json`, "package-lock.json"];

export function arePagesBuilt(): boolean {
  return isUnchanged(INPUTS, root);
}

/** Builds the pages in the browser, in a process of its own, without a check of types. */
export async function buildPages(signal: AbortSignal): Promise<void> {
  const inputs = snapshotOf(root, [...SOURCES.flatMap(entriesIn), ...FILES]); // a change meanwhile is built the next time
  const child = spawn(process.execPath, [VITE, "build", "--logLevel", "error"], {
    cwd: join(root, WEB),
    stdio: ["ignore", "pipe", "pipe"],
  });
  const [output, errors, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "close")]);
  if (signal.aborted) return; // Ctrl-C reaches the child as well
  if (code !== 0) throw new ExpectedFailure(`${output}${errors}\nThe pages could not be built; see above.`);
  writeFileSync(INPUTS, JSON.stringify(inputs));
}

/** Files and folders; the time of a folder changes with each file that comes or goes. */
function entriesIn(folder: string): readonly string[] {
  const entries = readdirSync(join(root, folder), { recursive: true, withFileTypes: true });
  return [folder, ...entries.map((entry) => relative(root, join(entry.parentPath, entry.name)))];
}
