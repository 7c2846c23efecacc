import { once } from "node:events";
import { lstatSync, unlinkSync } from "node:fs";
import { connect } from "node:net";

const CONNECT_MS = 1_000;

/**
 * Removes the socket file that a killed process left at a `unix:` address; does nothing for other addresses.
 *
 * @throws when a process listens there, or the file is no socket.
 */
export async function freeSocket(address: string): Promise<void> {
  const path = /^unix:(?:\/\/(?=\/))?(.+)$/.exec(address)?.[1];
  if (path === undefined) return;
  const file = lstatSync(path, { throwIfNoEntry: false });
  if (file === undefined) return;
  if (!file.isSocket()) throw new Error(`${path} is no socket, and is left as it is; choose another address`);
  if (await isListening(path))
    throw new Error(`${path}: another process answers on this socket; stop it, or choose another address`);
  unlinkSync(path);
}

/** A dead socket refuses the connection; one that is too busy to accept it is alive. */
async function isListening(path: string): Promise<boolean> {
  const socket = connect(path);
  try {
    await once(socket, "connect", { signal: AbortSignal.timeout(CONNECT_MS) });
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code !== "ECONNREFUSED" && code !== "ENOENT";
  } finally {
    socket.destroy();
  }
}
