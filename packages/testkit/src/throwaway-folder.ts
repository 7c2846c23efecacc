import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const PREFIX = "headline-test-";

/**
 * A folder of this process's own, short enough for a socket in it; asked for by name, the same one each time.
 * Folders of dead test runs are removed on this occasion.
 */
export function throwawayFolder(name?: string): string {
  const parent = tmpdir().length > 50 ? "/tmp" : tmpdir();
  sweep(parent);
  const prefix = join(parent, `${PREFIX}${process.pid}-`);
  if (name === undefined) return mkdtempSync(prefix);
  mkdirSync(`${prefix}${name}`, { recursive: true, mode: 0o700 });
  return `${prefix}${name}`;
}

let swept = false;

function sweep(parent: string): void {
  if (swept) return;
  swept = true;
  for (const name of readdirSync(parent).filter((entry) => entry.startsWith(PREFIX))) {
    const pid = Number(name.slice(PREFIX.length).split("-")[0]);
    if (!isAlive(pid)) rmSync(join(parent, name), { recursive: true, force: true });
  }
}

function isAlive(pid: number): boolean {
  if (process.platform === "linux") return existsSync(`/proc/${pid}`);
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
