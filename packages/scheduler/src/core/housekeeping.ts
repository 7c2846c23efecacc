import type { Clock } from "./clock.js";
import { deleteOld } from "./delete-old.js";
import { thrownLine } from "./describe-thrown.js";
import type { Logger } from "./executor.js";
import type { JobStore } from "./job-store.js";

export interface House {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly stores: ReadonlyMap<string, JobStore>;
  /** How long finished executions are kept. */
  readonly historyMs: number;
}

const EVERY_MS = 60_000;

/** Once a minute removes the executions that are too old, all there are. Disposing it stops it, also between two batches. */
export function keepHouse({ clock, logger, stores, historyMs }: House): Disposable {
  let isOver = false;
  let timer = clock.setTimer(EVERY_MS, () => void round());
  return {
    [Symbol.dispose]() {
      isOver = true;
      timer[Symbol.dispose]();
    },
  };

  async function round(): Promise<void> {
    for (const [alias, store] of stores) {
      try {
        await deleteOld(store.executions, (await store.now()) - historyMs, () => !isOver);
      } catch (error) {
        if (!isOver) logger.warn(`Old executions of job store "${alias}" could not be removed: ${thrownLine(error)}`);
      }
      if (isOver) return;
    }
    timer = clock.setTimer(EVERY_MS, () => void round());
  }
}
