import { setTimeout } from "node:timers/promises";

/** Polls until `check` gives a value, at most `withinMs`; undefined means the time ran out. */
export async function pollFor<T>(
  check: () => Promise<T | undefined> | T | undefined,
  { withinMs, everyMs }: { withinMs: number; everyMs: number },
): Promise<T | undefined> {
  const endsAt = performance.now() + withinMs;
  for (;;) {
    const found = await check();
    if (found !== undefined || performance.now() >= endsAt) return found;
    await setTimeout(everyMs);
  }
}
