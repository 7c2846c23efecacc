/** `tsx tools/launcher/build-pages.ts INPUTS`: builds the pages in the browser, and writes to INPUTS the files that they are made of. */
import { readdirSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { build, type Rollup } from "vite";
import { root } from "../lib/root.js";
import { type Snapshot, snapshotOf } from "./snapshot.js";

const WEB = "services/web";
/** Folders whose entries the pages are made of, and files that decide how. */
const FOLDERS = [`${WEB}/src`, `${WEB}/public`];
const FILES = [`${WEB}/index.html`, `${WEB}/vite.config.ts`, `${WEB}/package.json`, "package-lock.json"];

const [inputs] = process.argv.slice(2);
const before = snapshotOf(root, [...FOLDERS.flatMap(entriesIn), ...FILES]); // a change meanwhile is built the next time
const built = await build({ root: join(root, WEB), logLevel: "error" });
writeFileSync(inputs as string, JSON.stringify({ ...modulesOf(built as Rollup.RollupOutput), ...before }));

/** Modules of other workspaces as well. */
function modulesOf({ output }: Rollup.RollupOutput): Snapshot {
  const modules = output
    .flatMap((part) => (part.type === "chunk" ? part.moduleIds : []))
    .filter((id) => id.startsWith(root) && !id.includes("node_modules") && !/[?\0]/.test(id));
  return snapshotOf(
    root,
    modules.map((id) => relative(root, id)),
  );
}

/** Files and folders; the time of a folder changes with each file that comes or goes. */
function entriesIn(folder: string): readonly string[] {
  const entries = readdirSync(join(root, folder), { recursive: true, withFileTypes: true });
  return [folder, ...entries.map((entry) => relative(root, join(entry.parentPath, entry.name)))];
}
