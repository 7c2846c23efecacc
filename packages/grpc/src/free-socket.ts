import { once } from "node:events";
import { lstatSync, unlinkSync } from "node:fs";
import { connect } from "node:net";

const ANSWER_MS = 1_000;

/**
 * Removes the socket file that a killed process left at a `unix:` address, on which nothing answers; does nothing for other addresses.
 *
 * @throws when a process answers there, or the file is no socket.
 */
export async function freeSocket(address: string): Promise<void> {
  const path = /^unix:(?:\/\/(?=\/))?(.+)$/.exec(address)?.[1];
  if (path === undefined) return;
  const file = lstatSync(path, { throwIfNoEntry: false });
  if (file === undefined) return;
  if (!file.isSocket()) throw new Error(`${path} is no socket, and is left as it is; choose another address`);
  if (await answers(path))
    throw new Error(`${path}: another process answers on this socket; stop it, or choose another address`);
  unlinkSync(path);
}

/** Refused is what a dead socket is; one that is too busy to take the connection is alive. */
async function answers(path: string): Promise<boolean> {
  const socket = connect(path);
  try {
    await once(socket, "connect", { signal: AbortSignal.timeout(ANSWER_MS) });
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code !== "ECONNREFUSED" && code !== "ENOENT";
  } finally {
    socket.destroy();
  }
}
