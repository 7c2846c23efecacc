import { exec, execFile } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readdirSync, symlinkSync } from "node:fs";
import { basename, delimiter, dirname, join } from "node:path";
import { promisify } from "node:util";
import { root } from "../lib/root.js";
import type { PublishedPackage } from "./published.js";

export interface Tarball {
  readonly name: string;
  readonly version: string;
  readonly path: string;
  /** Bytes of the tarball. */
  readonly size: number;
  readonly unpackedSize: number;
  readonly files: readonly { readonly path: string; readonly size: number }[];
}

const BINARIES = join(root, "node_modules/.bin");
const NOT_COPIED = new Set(["node_modules", "dist", ".turbo"]);
const BUILD_MS = 120_000;

/**
 * Builds the packages in `folder`, outside the repository, and packs them there, in the given order: dependencies first. Files that an
 * earlier build left in a dist/ of the repository are in no tarball.
 */
export async function pack(packages: readonly PublishedPackage[], folder: string): Promise<readonly Tarball[]> {
  layOut(packages, folder);
  for (const { folder: path, manifest } of packages) {
    const build = manifest.scripts?.["build"];
    if (build === undefined) throw new Error(`${manifest.name} has no build script`);
    await promisify(exec)(build, {
      cwd: join(folder, path),
      timeout: BUILD_MS,
      env: { ...process.env, PATH: `${BINARIES}${delimiter}${process.env["PATH"]}` },
    });
  }
  const folders = packages.map(({ folder: path }) => `./${path}`);
  const { stdout } = await promisify(execFile)("npm", ["pack", "--json", "--ignore-scripts", ...folders], {
    cwd: folder,
    timeout: BUILD_MS,
  });
  const packed = JSON.parse(stdout) as (Omit<Tarball, "path"> & { readonly filename: string })[];
  return packed.map(({ filename, name, version, size, unpackedSize, files }) => ({
    ...{ name, version, size, unpackedSize, files },
    path: join(folder, filename),
  }));
}

/** Copies the packages into `folder` with links to everything that their builds use. */
function layOut(packages: readonly PublishedPackage[], folder: string): void {
  const modules = join(folder, "node_modules");
  for (const { folder: path, manifest } of packages) {
    cpSync(join(root, path), join(folder, path), {
      recursive: true,
      filter: (source) => !NOT_COPIED.has(basename(source)),
    });
    link(join(root, path, "node_modules"), join(folder, path, "node_modules"));
    link(join(folder, path), join(modules, manifest.name));
  }
  for (const name of readdirSync(join(root, "node_modules")))
    if (!name.startsWith(".") && name !== "@headline") link(join(root, "node_modules", name), join(modules, name));
  for (const shared of ["tsconfig.base.json", "tools"]) link(join(root, shared), join(folder, shared));
}

function link(target: string, path: string): void {
  if (!existsSync(target)) return;
  mkdirSync(dirname(path), { recursive: true });
  symlinkSync(target, path);
}
