import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../lib/root.js";
import { withRelease } from "./changelog.js";
import { internalRange, rootManifest, workspaceFolders } from "./manifests.js";
import { publishedPackages } from "./published.js";

const VERSION = /^\d+\.\d+\.\d+(-[\w.]+)?$/;

/**
 * Writes a version into every manifest, the ranges between published packages, the lockfile, and as a heading into the changelog; and the contract
 * of proto/ as the released one, unless it breaks callers of the last release.
 */
export function setVersion(version: string, day: string): void {
  if (!VERSION.test(version)) throw new Error(`"${version}" is not a version such as 0.2.0`);
  if (version === rootManifest().version) throw new Error(`the version is ${version} already`);
  const changelog = join(root, "CHANGELOG.md");
  const released = withRelease(readFileSync(changelog, "utf8"), version, day);
  const published = new Set(publishedPackages().map(({ manifest }) => manifest.name));
  for (const folder of ["", ...workspaceFolders()]) {
    const file = join(root, folder, "package.json");
    writeFileSync(file, withVersion(readFileSync(file, "utf8"), version, published));
  }
  writeFileSync(changelog, released);
  execFileSync(process.execPath, ["--import", "tsx", "tools/check/breaking.ts", "--release"], {
    cwd: root,
    stdio: "inherit",
  });
  execFileSync("npm", ["install", "--package-lock-only", "--offline", "--no-audit", "--no-fund"], { cwd: root });
}

/** A manifest with the version, and with its range for the published packages that it names by one. */
export function withVersion(manifest: string, version: string, published: ReadonlySet<string>): string {
  const parsed = JSON.parse(manifest) as { version: string; dependencies?: Record<string, string> };
  parsed.version = version;
  for (const [name, range] of Object.entries(parsed.dependencies ?? {}))
    if (published.has(name) && range !== "*")
      (parsed.dependencies as Record<string, string>)[name] = internalRange(version);
  return `${JSON.stringify(parsed, undefined, 2)}\n`;
}
