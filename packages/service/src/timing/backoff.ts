interface Limits {
  readonly minMs: number;
  readonly maxMs: number;
}

/**
 * Pause in milliseconds before retry number `attempt`, the first being 0: doubles from `minMs` to at most `maxMs`, half of it random,
 * so that processes that failed together do not retry together.
 */
export function backoff(attempt: number, { minMs, maxMs }: Limits, random: () => number = Math.random): number {
  const ms = Math.min(maxMs, minMs * 2 ** Math.min(attempt, 30));
  return ms * (0.5 + random() / 2);
}

/** `ms`, more or less by up to `spread` of it (0.1 is ten percent), so that processes do not run in step. */
export function jitter(ms: number, spread = 0.1, random: () => number = Math.random): number {
  return ms * (1 - spread + 2 * spread * random());
}
