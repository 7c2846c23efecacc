import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const COPIED = [
  "packages",
  "services/gateway",
  "services/recommendation",
  "services/jobs",
  "services/web",
  "proto",
  "tools",
  "docs",
];
const FILES = ["package.json", "package-lock.json", "tsconfig.json", "tsconfig.base.json", "buf.yaml", "buf.gen.yaml"];
const NOT_COPIED = new Set(["node_modules", "dist", ".turbo", "test"]);

/** A copy of the sources in a folder for temporary files, with the dependencies of the original. */
export class CopiedTree implements Disposable {
  readonly #root = mkdtempSync(join(tmpdir(), "headline-how-to-"));

  constructor() {
    const filter = (path: string) => !NOT_COPIED.has(basename(path)) && !path.endsWith(".test.ts");
    for (const path of [...COPIED, ...FILES]) {
      mkdirSync(dirname(join(this.#root, path)), { recursive: true });
      cpSync(join(ROOT, path), join(this.#root, path), { recursive: true, filter });
    }
    this.#link("node_modules", (name) => name !== "@headline");
    for (const folder of ["packages", "services"]) {
      for (const name of readdirSync(join(this.#root, folder))) {
        this.#link(join(folder, name, "node_modules"));
        mkdirSync(join(this.#root, "node_modules/@headline"), { recursive: true });
        symlinkSync(join(this.#root, folder, name), join(this.#root, "node_modules/@headline", name));
      }
    }
  }

  read(file: string): string {
    return readFileSync(join(this.#root, file), "utf8");
  }

  write(file: string, text: string): void {
    writeFileSync(join(this.#root, file), text);
  }

  /** Runs a command of node_modules/.bin, or npm or node; returns its status and all that it printed. */
  run(command: string, ...args: string[]): { status: number | null; printed: string } {
    const PATH = `${join(this.#root, "node_modules/.bin")}:${process.env["PATH"]}`;
    const { status, stdout, stderr } = spawnSync(command, args, {
      cwd: this.#root,
      env: { ...process.env, PATH },
      encoding: "utf8",
      maxBuffer: 64 * 1024 * 1024,
      timeout: 150_000,
    });
    return { status, printed: `${stdout}${stderr}`.trim() };
  }

  [Symbol.dispose](): void {
    rmSync(this.#root, { recursive: true, force: true });
  }

  /** Links each dependency in a folder of the original, if there is one. */
  #link(folder: string, isLinked: (name: string) => boolean = () => true): void {
    let names: string[];
    try {
      names = readdirSync(join(ROOT, folder));
    } catch {
      return; // a package whose dependencies are all in the root's folder
    }
    mkdirSync(join(this.#root, folder), { recursive: true });
    for (const name of names.filter(isLinked)) symlinkSync(join(ROOT, folder, name), join(this.#root, folder, name));
  }
}
