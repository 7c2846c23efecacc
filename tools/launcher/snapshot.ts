import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";

/** Size and time of files by their paths: as good as their content for telling whether one was changed. */
export type Snapshot = Readonly<Record<string, string>>;

export function snapshotOf(folder: string, files: readonly string[]): Snapshot {
  return Object.fromEntries(files.map((file) => [file, stamp(join(folder, file))]));
}

/** Whether each file of the snapshot stored at `path` is as it was; false where none is stored. */
export function isUnchanged(path: string, folder: string): boolean {
  const stored = readStored(path);
  return stored !== undefined && Object.entries(stored).every(([file, was]) => stamp(join(folder, file)) === was);
}

function stamp(path: string): string {
  const { size, mtimeMs } = statSync(path, { throwIfNoEntry: false }) ?? { size: -1, mtimeMs: 0 };
  return `${size}:${mtimeMs}`;
}

function readStored(path: string): Snapshot | undefined {
  try {
    return JSON.parse(readFileSync(path, "utf8")) as Snapshot;
  } catch {
    return undefined; // not built yet, or interrupted while it was written
  }
}
