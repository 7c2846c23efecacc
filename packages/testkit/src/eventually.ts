import { setTimeout } from "node:timers/promises";

/** Runs `check` until it passes, and returns its value; after `withinMs` its last failure is thrown. */
export async function eventually<T>(
  check: () => T | Promise<T>,
  { withinMs = 30_000, everyMs = 10 }: { withinMs?: number; everyMs?: number } = {},
): Promise<T> {
  const endsAt = performance.now() + withinMs;
  for (;;) {
    try {
      return await check();
    } catch (error) {
      if (performance.now() >= endsAt) throw error;
      await setTimeout(everyMs);
    }
  }
}
