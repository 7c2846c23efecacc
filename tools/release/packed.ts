import { createHash } from "node:crypto";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { root } from "../lib/root.js";
import { pack, type Tarball } from "./pack.js";
import { type PublishedPackage, publishedPackages } from "./published.js";

const CACHE = join(root, "node_modules/.cache/packed");
const LIST = "tarballs.json";
const KEPT_MS = 3_600_000;
/** Folders that no tarball depends on. */
const NOT_READ = new Set(["node_modules", "dist", ".turbo", "test", "bench"]);
/** Inputs of every build, beside the packages' own files. */
const SHARED = ["package-lock.json", "tsconfig.base.json", "tools/release/pack.ts"];

/** Tarballs of all published packages as they are now: those of an earlier call while none of their inputs has changed. */
export async function packed(): Promise<readonly Tarball[]> {
  const packages = publishedPackages();
  const folder = join(CACHE, fingerprint(packages));
  if (!existsSync(folder)) await packInto(folder, packages);
  const tarballs = JSON.parse(readFileSync(join(folder, LIST), "utf8")) as Tarball[];
  return tarballs.map((tarball) => ({ ...tarball, path: join(folder, tarball.path) }));
}

/** Makes the folder in one step, so that another process finds it complete or not at all. */
async function packInto(folder: string, packages: readonly PublishedPackage[]): Promise<void> {
  mkdirSync(CACHE, { recursive: true });
  removeOld();
  const work = mkdtempSync(join(tmpdir(), "headline-pack-"));
  const part = mkdtempSync(join(CACHE, "part-"));
  try {
    const tarballs = await pack(packages, work);
    for (const { path } of tarballs) copyFileSync(path, join(part, basename(path)));
    const listed = tarballs.map((tarball) => ({ ...tarball, path: basename(tarball.path) }));
    writeFileSync(join(part, LIST), JSON.stringify(listed));
    try {
      renameSync(part, folder);
    } catch (error) {
      if (!existsSync(folder)) throw error; // another process was first
    }
  } finally {
    for (const left of [work, part]) rmSync(left, { recursive: true, force: true });
  }
}

function removeOld(): void {
  for (const name of readdirSync(CACHE)) {
    const path = join(CACHE, name);
    if (statSync(path).mtimeMs < Date.now() - KEPT_MS) rmSync(path, { recursive: true, force: true });
  }
}

function fingerprint(packages: readonly PublishedPackage[]): string {
  const digest = createHash("sha256").update(packages.map(({ folder }) => folder).join());
  for (const file of [...SHARED, ...packages.flatMap(({ folder }) => filesIn(folder))])
    digest.update(`\0${file}\0`).update(readFileSync(join(root, file)));
  return digest.digest("hex").slice(0, 32);
}

function filesIn(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    if (NOT_READ.has(entry.name)) return [];
    const path = `${folder}/${entry.name}`;
    return entry.isDirectory() ? filesIn(path) : [path];
  });
}
