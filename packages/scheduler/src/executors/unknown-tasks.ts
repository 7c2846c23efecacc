import type { Logger } from "../core/logger.js";

/** Time for which a task that a worker does not know is left to workers that do, ms. */
export const UNKNOWN_TASK_MS = 20_000;
/** Time until it is offered again, ms. */
const OFFER_EVERY_MS = 500;

interface Unknown {
  readonly task: string;
  readonly sinceMs: number;
  readonly nowMs: number;
}

/**
 * Tasks that this worker does not know. During a rolling update a newer worker does: the task goes back to its queue, for
 * a bounded time. Each name is logged once.
 */
export class LeftToOthers {
  readonly #logged = new Set<string>();

  constructor(
    private readonly worker: string,
    private readonly logger: Logger,
    private readonly forMs: number = UNKNOWN_TASK_MS,
  ) {
    if (!(forMs >= 0 && Number.isFinite(forMs)))
      throw new RangeError(`unknownTaskMs: must be ms, 0 or more, is ${forMs}`);
  }

  /** When the task is to be offered again, epoch ms; undefined when its time is over. */
  offerAt({ task, sinceMs, nowMs }: Unknown): number | undefined {
    if (nowMs - sinceMs >= this.forMs) return undefined;
    if (!this.#logged.has(task)) {
      this.#logged.add(task);
      this.logger.warn(`${this.worker} knows no task "${task}": it is left to others for ${this.forMs / 1_000} s`);
    }
    return nowMs + OFFER_EVERY_MS;
  }
}
