import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../lib/root.js";

const KIT = join(root, "tools/release/kit");
const INSTALL_MS = 180_000;

/**
 * Path of a program of the release kit, which is installed when it is missing or another version than its lockfile says: typedoc, publint and
 * attw with two older TypeScripts are 85 MB that a start of the product does not need.
 */
export function kitProgram(name: "typedoc" | "publint" | "attw"): string {
  if (!isInstalled()) install();
  return join(KIT, "node_modules/.bin", name);
}

/** npm writes the lockfile of what it installed into node_modules, without the root's entry. */
function isInstalled(): boolean {
  const installed = join(KIT, "node_modules/.package-lock.json");
  if (!existsSync(installed)) return false;
  const { "": _root, ...wanted } = versionsIn(join(KIT, "package-lock.json"));
  const found = versionsIn(installed);
  return Object.keys(found).every((path) => found[path] === wanted[path]) && "node_modules/typedoc" in found;
}

function versionsIn(lockfile: string): Readonly<Record<string, string>> {
  const { packages } = JSON.parse(readFileSync(lockfile, "utf8")) as { packages: Record<string, { version: string }> };
  return Object.fromEntries(Object.entries(packages).map(([path, { version }]) => [path, version]));
}

function install(): void {
  process.stderr.write("release kit: npm ci in tools/release/kit\n");
  const args = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline"];
  const { status } = spawnSync("npm", args, { cwd: KIT, stdio: ["ignore", "ignore", "inherit"], timeout: INSTALL_MS });
  if (status !== 0) throw new Error("the release kit cannot be installed: npm ci in tools/release/kit failed");
}
