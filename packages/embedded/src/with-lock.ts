import { randomUUID } from "node:crypto";
import { linkSync, readFileSync, unlinkSync, writeFileSync } from "node:fs";
import { pollFor } from "./poll-for.js";
import { identifyProcess, isAlive, type ProcessIdentity } from "./process-identity.js";

interface Holder {
  readonly process: ProcessIdentity;
  readonly nonce: string;
}

/** A stale lock is broken at the first look and taken at the next. */
const STALE_WITHIN_MS = 250;

/** Runs `body` while no other launcher, in this process or another, holds the lock at `path`. */
export async function withLock<T>(path: string, withinMs: number, body: () => Promise<T>): Promise<T> {
  const taken = await pollFor(() => take(path), { withinMs, everyMs: 5 });
  if (taken === undefined) throw new Error(`${path} is still held after ${withinMs} ms: ${readText(path) ?? "?"}`);
  try {
    return await body();
  } finally {
    unlinkSync(path);
  }
}

export interface FolderLock {
  release(): void;
}

/**
 * Takes the lock at `path` until it is released, or returns the process that has it. One whose process is dead is taken over.
 */
export async function holdLock(path: string): Promise<FolderLock | { readonly heldBy: number }> {
  const taken = await pollFor(() => take(path), { withinMs: STALE_WITHIN_MS, everyMs: 5 });
  if (taken !== undefined) return { release: () => unlinkSync(path) };
  return { heldBy: holderIn(readText(path) ?? "")?.process.pid ?? 0 };
}

function take(path: string): true | undefined {
  const nonce = randomUUID();
  const draft = `${path}.${nonce}`;
  writeFileSync(draft, JSON.stringify({ process: identifyProcess(process.pid), nonce }));
  try {
    linkSync(draft, path); // appears with its content or not at all
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    breakIfStale(path);
    return undefined;
  } finally {
    unlinkSync(draft);
  }
}

/** Each lock can be broken by one process only: the one that made the file named after its nonce. */
function breakIfStale(path: string): void {
  const text = readText(path);
  if (text === undefined) return; // released meanwhile
  const holder = holderIn(text);
  if (holder !== undefined && isAlive(holder.process)) return;
  const breaker = `${path}.break-${holder?.nonce ?? "unreadable"}`;
  try {
    writeFileSync(breaker, "", { flag: "wx" });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return; // someone else is at it
    throw error;
  }
  // Between our reading and the breaker's file the lock may have been broken and taken anew: look again.
  if (readText(path) === text) unlinkSync(path);
  unlinkSync(breaker);
}

/** Undefined for a file that a machine lost the bytes of when it went down: that lock is stale. */
function holderIn(text: string): Holder | undefined {
  try {
    const holder = JSON.parse(text) as Holder | null;
    return typeof holder?.process?.pid === "number" && typeof holder.nonce === "string" ? holder : undefined;
  } catch {
    return undefined;
  }
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined; // no lock
  }
}
