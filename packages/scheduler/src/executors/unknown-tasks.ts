import type { Logger } from "../core/logger.js";

/** Time for which an unknown task is left to other workers, ms. */
export const UNKNOWN_TASK_MS = 20_000;
/** Time until it is delivered again, ms. */
const RETRY_MS = 500;

interface Unknown {
  readonly task: string;
  readonly sinceMs: number;
  readonly nowMs: number;
}

/**
 * Tasks that a worker does not know and newer workers may: they go back to their queue, for a bounded time. Each name is
 * logged once.
 */
export class UnknownTasks {
  readonly #logged = new Set<string>();

  constructor(
    private readonly worker: string,
    private readonly logger: Logger,
    private readonly forMs: number = UNKNOWN_TASK_MS,
  ) {
    if (!(forMs >= 0 && Number.isFinite(forMs)))
      throw new RangeError(`unknownTaskMs: must be ms, 0 or more, is ${forMs}`);
  }

  /** Returns the time of its next delivery, epoch ms; undefined when its time is over. */
  retryAt({ task, sinceMs, nowMs }: Unknown): number | undefined {
    if (nowMs - sinceMs >= this.forMs) return undefined;
    if (!this.#logged.has(task)) {
      this.#logged.add(task);
      this.logger.warn(`${this.worker} knows no task "${task}": it is left to others for ${this.forMs / 1_000} s`);
    }
    return nowMs + RETRY_MS;
  }
}
