import { spawn } from "node:child_process";
import type { ProcessIdentity } from "./process-identity.js";

/** Reads until the pipe closes, which the kernel does when the launcher is gone, even by kill -9. */
const WATCH = 'while read -r line; do :; done; kill -"$1" "$2" 2>/dev/null';

/**
 * Ends a server with this process where the kernel cannot be asked to: a shell waits at the other end of a pipe that only this process
 * holds. The returned function ends the shell, for a server that has ended.
 */
export function endWithOwner({ pid }: ProcessIdentity, signal: "KILL" | "TERM"): () => void {
  const watcher = spawn("/bin/sh", ["-c", WATCH, "end-with-owner", signal, String(pid)], {
    stdio: ["pipe", "ignore", "ignore"],
    detached: true, // Ctrl-C signals the whole foreground group
  });
  watcher.on("error", () => undefined); // no shell: the exit hook is left
  watcher.stdin.on("error", () => undefined); // it was killed
  watcher.unref();
  (watcher.stdin as unknown as { unref?: () => void }).unref?.();
  return () => void watcher.kill("SIGKILL");
}
