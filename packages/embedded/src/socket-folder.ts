import { createHash } from "node:crypto";
import { lstatSync, mkdirSync, realpathSync } from "node:fs";
import { join, resolve } from "node:path";

/** sun_path holds 108 bytes with its final zero (104 on macOS). */
const SOCKET_PATH_BYTES_MAX = 103;

/** Where the servers of a data folder have their sockets: short enough for sun_path, closed to other users. */
export function socketFolderOf(dataDir: string): string {
  const hash = createHash("sha256").update(realPath(dataDir)).digest("hex").slice(0, 12);
  // Not os.tmpdir(): on macOS it alone fills half of sun_path, and two shells may disagree about it.
  return `/tmp/headline-${userId()}-${hash}`;
}

/** Creates the folder, and refuses one that another user has created. */
export function ensureSocketFolder(folder: string): string {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const stat = lstatSync(folder);
  if (!stat.isDirectory() || stat.uid !== userId() || (stat.mode & 0o077) !== 0) {
    throw new Error(`${folder} must be a folder of yours with mode 0700; remove it and start again`);
  }
  return folder;
}

export function socketPathIn(folder: string, name: string): string {
  const path = join(folder, name);
  if (Buffer.byteLength(path) > SOCKET_PATH_BYTES_MAX) {
    throw new Error(`${path} is too long for a unix socket (${SOCKET_PATH_BYTES_MAX} bytes); use a shorter folder`);
  }
  return path;
}

function userId(): number {
  return process.getuid?.() ?? 0;
}

function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return resolve(path); // not created yet
  }
}
