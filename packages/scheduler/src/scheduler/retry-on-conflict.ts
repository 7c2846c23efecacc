import type { Clock } from "../core/clock.js";
import { JobBusyError } from "../core/errors.js";
import type { Random } from "../triggers/trigger.js";

const TRIES = 12;
const EXPONENT_MAX = 7;

/**
 * Retries an optimistic write with backoff while it returns undefined, which means that another writer changed the job
 * between its read and its write. Throws a JobBusyError after 12 tries.
 */
export async function retryOnConflict<T>(
  jobId: string,
  { clock, random }: { readonly clock: Clock; readonly random: Random },
  write: () => Promise<T | undefined>,
): Promise<T> {
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const written = await write();
    if (written !== undefined) return written;
    if (attempt > 0) await sleep(Math.ceil(2 ** Math.min(attempt, EXPONENT_MAX) * random()));
  }
  throw new JobBusyError(jobId);

  function sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      clock.setTimer(ms, resolve);
    });
  }
}
