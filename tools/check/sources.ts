import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** A file of the repository. */
export interface Source {
  /** From the root, with slashes. */
  readonly path: string;
  readonly text: string;
}

const LEFT_OUT = new Set(["node_modules", "dist", "gen", ".turbo", "results"]);

/** The files below the folders whose name the pattern takes; generated and built ones left out. */
export function sourcesIn(root: string, folders: readonly string[], pattern: RegExp): readonly Source[] {
  return folders
    .flatMap((folder) => pathsIn(root, folder))
    .filter((path) => pattern.test(path))
    .map((path) => ({
      path,
      text: readFileSync(join(root, path), "utf8"),
    }));
}

/** The package, service or folder that a file belongs to: `packages/mysql`, `tools`. */
export function roomOf(path: string): string {
  const [first = "", second = ""] = path.split("/");
  return first === "packages" || first === "services" ? `${first}/${second}` : first;
}

export function isTest(path: string): boolean {
  return /\.test\.tsx?$|\/(test|fixtures|testing|bench)\/|\.fixture\.ts$/.test(path);
}

function pathsIn(root: string, folder: string): readonly string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    if (LEFT_OUT.has(entry.name)) return [];
    const path = `${folder}/${entry.name}`;
    return entry.isDirectory() ? pathsIn(root, path) : [path];
  });
}
