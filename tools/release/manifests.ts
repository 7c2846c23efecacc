import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../lib/root.js";
import type { Manifest } from "./published.js";

interface RootManifest extends Manifest {
  readonly license: string;
  readonly repository: { readonly type: string; readonly url: string };
  readonly bugs: string;
  readonly engines: { readonly node: string };
}

const FOLDERS = ["packages", "services"];

export function rootManifest(): RootManifest {
  return JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as RootManifest;
}

/** Folders of all workspaces. */
export function workspaceFolders(): readonly string[] {
  const inside = FOLDERS.flatMap((folder) => readdirSync(join(root, folder)).map((name) => `${folder}/${name}`));
  return [...inside, "bench"];
}

/** Fields of a published package that follow from the root's. */
export function derivedFields(folder: string, { version, license, repository, bugs, engines }: RootManifest) {
  const page = repository.url.replace(/^git\+|\.git$/g, "");
  return {
    version,
    license,
    repository: { ...repository, directory: folder },
    homepage: `${page}/tree/main/${folder}#readme`,
    bugs,
    engines,
    publishConfig: { access: "public" },
  };
}

/** Range under which published packages depend on each other. */
export function internalRange(version: string): string {
  return `^${version}`;
}
