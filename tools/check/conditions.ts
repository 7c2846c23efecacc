import { readFileSync } from "node:fs";
import { join } from "node:path";
import { workspaceFolders } from "../release/manifests.js";
import type { Source } from "./sources.js";

/** Condition under which a package resolves to its TypeScript. Its name is this repository's own: a consumer's `source` is another. */
const OWN = "headline-source";
const CONDITIONS = new Set([OWN, "types", "default"]);
const ARGUMENT = /--conditions=([\w-]+)/g;

/** Conditions beside our own, in manifests and in commands: with one of them a package resolves to a build that may not be there. */
export function foreignConditions(root: string, code: readonly Source[]): readonly string[] {
  const inManifests = workspaceFolders().flatMap((folder) =>
    conditionsOf(join(root, folder, "package.json"))
      .filter((name) => !CONDITIONS.has(name))
      .map((name) => `${folder}/package.json: the condition of sources is ${OWN}, not ${name}`),
  );
  const inCode = code.flatMap(({ path, text }) =>
    [...text.matchAll(ARGUMENT)]
      .filter(([, name]) => name !== OWN)
      .map(([argument]) => `${path}: ${argument}; the condition of sources is ${OWN}`),
  );
  return [...inManifests, ...inCode];
}

function conditionsOf(manifest: string): readonly string[] {
  const { exports = {} } = JSON.parse(readFileSync(manifest, "utf8")) as { exports?: Record<string, string | object> };
  return Object.values(exports).flatMap((entry) => (typeof entry === "string" ? [] : Object.keys(entry)));
}
