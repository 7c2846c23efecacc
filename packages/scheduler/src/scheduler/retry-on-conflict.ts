import type { Clock } from "../core/clock.js";
import { JobBusyError } from "../core/errors.js";
import type { Random } from "../triggers/trigger.js";

const TRIES = 12;

/**
 * Repeats `write` until it answers something, which is: until nobody else changed the job between its reading and its
 * writing. Throws a JobBusyError when somebody always does.
 */
export async function untilWritten<T>(
  jobId: string,
  { clock, random }: { readonly clock: Clock; readonly random: Random },
  write: () => Promise<T | undefined>,
): Promise<T> {
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const written = await write();
    if (written !== undefined) return written;
    if (attempt > 0) await pause(Math.ceil(2 ** Math.min(attempt, 7) * random()));
  }
  throw new JobBusyError(jobId);

  function pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      clock.setTimer(ms, resolve);
    });
  }
}
