const POLL_MS = 1_000;
const NEVER = Number.POSITIVE_INFINITY;

/** Earliest next run and earliest end of an instance's lease; null when there is none. */
export interface Earliest {
  readonly runMs: number | null;
  readonly leaseMs: number | null;
}

/**
 * Reads once a second, at the ends of two indexes, whether the earliest run has come forward or a released instance waits;
 * returns the function that stops it. A scheduler looks as often by itself; this serves those that sleep longer.
 */
export function watchNextRun(read: () => Promise<Earliest>, onWake: () => void): () => void {
  let known = { run: NEVER, lease: NEVER };
  let isReading = false;
  let isStopped = false;

  const look = async () => {
    if (isReading) return;
    isReading = true;
    try {
      const { runMs, leaseMs } = await read();
      const next = { run: runMs ?? NEVER, lease: leaseMs ?? NEVER };
      const isEarlier = next.run < known.run || next.lease < known.lease;
      known = next;
      if (isEarlier && !isStopped) onWake();
    } catch {
      // The scheduler's own calls fail as well, and log it.
    } finally {
      isReading = false;
    }
  };

  const timer = setInterval(() => void look(), POLL_MS);
  timer.unref();
  return () => {
    isStopped = true;
    clearInterval(timer);
  };
}
