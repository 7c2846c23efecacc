import { pause } from "./pause.js";

interface Options {
  readonly withinMs: number;
  /** Pause between two checks. */
  readonly everyMs: number;
  /** Ends the wait early. */
  readonly signal?: AbortSignal;
}

/** Checks `condition` again and again until it holds or `withinMs` have passed; resolves with whether it holds. */
export async function until(condition: () => boolean | Promise<boolean>, options: Options): Promise<boolean> {
  const { withinMs, everyMs, signal } = options;
  const endsAt = performance.now() + withinMs;
  for (;;) {
    if (await condition()) return true;
    if (performance.now() >= endsAt || signal?.aborted) return false;
    await pause(everyMs, signal);
  }
}
