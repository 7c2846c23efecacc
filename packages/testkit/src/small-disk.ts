import { spawnSync } from "node:child_process";
import { appendFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A disk of the test's own, which can be filled and emptied. */
export interface SmallDisk extends Disposable {
  readonly path: string;
  /** Takes all that is free. */
  fill(): void;
  /** Gives back what `fill` took. */
  free(): void;
}

const CHUNKS = [1024 * 1024, 4 * 1024];

/** A file system in memory; undefined where this user may not mount one. */
export function smallDisk(megabytes: number): SmallDisk | undefined {
  const path = mkdtempSync(join(tmpdir(), "headline-disk-"));
  const filler = join(path, "filler");
  const isMounted = run("mount", "-t", "tmpfs", "-o", `size=${megabytes}m,mode=0700`, "tmpfs", path);
  if (!isMounted) {
    rmSync(path, { recursive: true });
    return undefined;
  }
  return {
    path,
    fill: () => {
      for (const bytes of CHUNKS) appendUntilFull(filler, Buffer.alloc(bytes, 1));
    },
    free: () => rmSync(filler, { force: true }),
    [Symbol.dispose]: () => {
      run("umount", "-l", path);
      rmSync(path, { recursive: true, force: true });
    },
  };
}

function run(command: string, ...args: string[]): boolean {
  return spawnSync(command, args, { stdio: "ignore" }).status === 0;
}

function appendUntilFull(path: string, chunk: Buffer): void {
  try {
    for (;;) appendFileSync(path, chunk);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
  }
}
