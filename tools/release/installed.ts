import { execFile } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { promisify } from "node:util";
import { root } from "../lib/root.js";
import { packed } from "./packed.js";
import { type PublishedPackage, publishedPackages, withDependencies } from "./published.js";

export interface Output {
  readonly code: number;
  readonly text: string;
}

/** An empty folder with packed packages installed in it, and nothing else: optional peers are linked one by one. */
export interface Installed extends Disposable {
  readonly folder: string;
  /** Makes packages of this repository's node_modules resolvable there. */
  link(...names: string[]): void;
  write(file: string, text: string): string;
  node(file: string, ...args: string[]): Promise<Output>;
  /** Compiles some of its files under these options of TypeScript. */
  tsc(options: object, ...files: string[]): Promise<Output>;
}

interface LockedPackage {
  readonly bin?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly peerDependenciesMeta?: Readonly<Record<string, { readonly optional?: boolean }>>;
}

const run = promisify(execFile);
const RUN_MS = 60_000;

/** Packs the named packages and those that they depend on, and installs them with npm, which is given no network. */
export async function installed(...names: string[]): Promise<Installed> {
  const packages = withDependencies(publishedPackages(), names);
  const wanted = new Set(packages.map(({ manifest }) => manifest.name));
  const tarballs = (await packed()).filter(({ name }) => wanted.has(name)).map(({ path }) => path);
  const folder = mkdtempSync(join(tmpdir(), "headline-installed-"));
  writeFileSync(join(folder, "package.json"), '{ "name": "app", "private": true, "type": "module" }');
  copyRegistryPackages(packages, folder);
  await run("npm", ["install", "--offline", "--ignore-scripts", "--no-audit", "--no-fund", ...tarballs], {
    cwd: folder,
    timeout: RUN_MS,
  });
  return {
    folder,
    link(...linked) {
      for (const name of linked) link(join(root, "node_modules", name), join(folder, "node_modules", name));
    },
    write(file, text) {
      writeFileSync(join(folder, file), text);
      return file;
    },
    node: (file, ...args) => output(process.execPath, [file, ...args], folder),
    tsc(options, ...files) {
      const config = join(folder, "tsconfig.json");
      const compilerOptions = { strict: true, noEmit: true, target: "es2023", lib: ["es2023", "esnext.disposable"] };
      writeFileSync(config, JSON.stringify({ compilerOptions: { ...compilerOptions, ...options }, files }));
      return output(join(root, "node_modules/.bin/tsc"), ["-p", config], folder);
    },
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** Packages of a registry that the published ones depend on, as npm would lay them out: npm takes what is there and removes what is not needed. */
function copyRegistryPackages(packages: readonly PublishedPackage[], folder: string): void {
  const { packages: locked } = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")) as {
    readonly packages: Readonly<Record<string, LockedPackage>>;
  };
  const names = new Set(packages.map(({ manifest }) => manifest.name));
  const copied = new Set<string>();
  const copy = (from: string, of: LockedPackage) => {
    for (const name of needed(of)) {
      const path = names.has(name) ? undefined : resolved(locked, from, name);
      if (path === undefined || copied.has(path)) continue;
      copied.add(path);
      const target = join(folder, path.slice(path.indexOf("node_modules/")));
      if (!existsSync(target)) cpSync(join(root, path), target, { recursive: true });
      const copiedPackage = locked[path]!;
      for (const [command, file] of Object.entries(copiedPackage.bin ?? {})) linkBinary(target, command, file);
      copy(path, copiedPackage);
    }
  };
  for (const { folder: path, manifest } of packages) copy(path, manifest);
}

/** Names of the packages that npm installs with a package. */
function needed(of: LockedPackage): readonly string[] {
  const peers = Object.keys(of.peerDependencies ?? {}).filter((name) => !of.peerDependenciesMeta?.[name]?.optional);
  return [...Object.keys({ ...of.dependencies, ...of.optionalDependencies }), ...peers];
}

/** Path of a package as Node resolves it from another; undefined where npm left out an optional one. */
function resolved(locked: Readonly<Record<string, LockedPackage>>, from: string, name: string): string | undefined {
  const parts = from.split("/");
  return parts
    .map((_, depth) => [...parts.slice(0, parts.length - depth), "node_modules", name].join("/"))
    .concat(`node_modules/${name}`)
    .find((path) => path in locked && existsSync(join(root, path)));
}

/** A package whose commands are not linked counts as damaged. */
function linkBinary(target: string, command: string, file: string): void {
  const modules = target.slice(0, target.lastIndexOf("node_modules/") + "node_modules".length);
  const path = join(modules, ".bin", command);
  link(relative(dirname(path), join(target, file)), path);
}

function link(target: string, path: string): void {
  if (existsSync(path)) return;
  mkdirSync(dirname(path), { recursive: true });
  symlinkSync(target, path);
}

async function output(command: string, args: readonly string[], cwd: string): Promise<Output> {
  try {
    const { stdout, stderr } = await run(command, args, { cwd, timeout: RUN_MS });
    return { code: 0, text: stdout + stderr };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { code: code ?? -1, text: stdout + stderr };
  }
}
