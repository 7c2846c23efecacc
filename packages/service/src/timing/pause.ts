import { setTimeout as sleep } from "node:timers/promises";

/** Resolves after `ms`, or as soon as the signal aborts; with `ref: false` it does not keep the process alive. */
export async function pause(ms: number, signal?: AbortSignal, { ref = true } = {}): Promise<void> {
  await sleep(ms, undefined, signal === undefined ? { ref } : { signal, ref }).catch(() => undefined);
}
