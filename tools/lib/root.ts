import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const OF_THE_ROOT = "package-lock.json";

/** The repository's folder, from a source as from a bundle. */
export const root: string = folderWith(OF_THE_ROOT, dirname(fileURLToPath(import.meta.url)));

function folderWith(file: string, folder: string): string {
  if (existsSync(join(folder, file))) return folder;
  const parent = dirname(folder);
  if (parent === folder) throw new Error(`no folder above ${import.meta.url} has ${file}`);
  return folderWith(file, parent);
}
