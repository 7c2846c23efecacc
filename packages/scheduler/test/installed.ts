import { execFile } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { promisify } from "node:util";

const PACKAGE = resolve(import.meta.dirname, "..");
const ROOT = resolve(PACKAGE, "../..");
const run = promisify(execFile);

export interface Output {
  readonly code: number;
  readonly text: string;
}

/** An empty folder with the packed package installed in it, and nothing else: its optional peers are linked one by one. */
export interface Installed extends Disposable {
  readonly folder: string;
  /** Makes packages of this repository's node_modules resolvable there. */
  link(...names: string[]): void;
  write(file: string, text: string): string;
  node(file: string, ...args: string[]): Promise<Output>;
  /** Compiles some of its files under these options of TypeScript. */
  tsc(options: object, ...files: string[]): Promise<Output>;
}

/** Compiles, packs and installs the package as npm does, without a network. */
export async function installed(): Promise<Installed> {
  const base = mkdtempSync(join(tmpdir(), "scheduler-installed-"));
  const source = join(base, "source");
  const folder = join(base, "app");
  for (const made of [source, folder]) mkdirSync(made);
  for (const part of ["package.json", "README.md", "docs", "examples"])
    cpSync(join(PACKAGE, part), join(source, part), { recursive: true });
  await run(bin("tsc"), ["-p", PACKAGE, "--outDir", join(source, "dist")]);
  const { stdout } = await npm(source, "pack", "--json", "--ignore-scripts", "--pack-destination", base);
  const [{ filename }] = JSON.parse(stdout) as [{ filename: string }];
  writeFileSync(join(folder, "package.json"), '{ "name": "app", "private": true, "type": "module" }');
  await npm(folder, "install", "--offline", "--ignore-scripts", "--no-audit", "--no-fund", join(base, filename));
  return {
    folder,
    link(...names) {
      for (const name of names) {
        const link = join(folder, "node_modules", name);
        if (existsSync(link)) continue;
        mkdirSync(dirname(link), { recursive: true });
        symlinkSync(join(ROOT, "node_modules", name), link);
      }
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
      return output(bin("tsc"), ["-p", config], folder);
    },
    [Symbol.dispose]: () => rmSync(base, { recursive: true, force: true }),
  };
}

function npm(cwd: string, ...args: string[]) {
  return run("npm", args, { cwd });
}

function bin(name: string): string {
  return join(ROOT, "node_modules/.bin", name);
}

async function output(command: string, args: readonly string[], cwd: string): Promise<Output> {
  try {
    const { stdout, stderr } = await run(command, args, { cwd, timeout: 60_000 });
    return { code: 0, text: stdout + stderr };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { code: code ?? -1, text: stdout + stderr };
  }
}
