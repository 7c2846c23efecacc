import type { Worker } from "bullmq";
import type { Clock } from "../core/clock.js";
import { thrownLine } from "../core/describe-thrown.js";
import type { Logger } from "../core/logger.js";
import { isRefusal } from "../redis-reply.js";
import { redisFailure } from "../stores/redis/failure.js";

/** BullMQ's private loop around each command of a worker. */
interface Retrying {
  retryIfFailed(act: () => Promise<unknown>, options: { readonly onlyEmitError?: boolean }): Promise<unknown>;
}

interface ThrottleOptions {
  readonly label: string;
  readonly logger: Logger;
  readonly clock: Clock;
}

const RETRY_MS = 500;

/**
 * Throttles a worker after a command that Redis refuses: BullMQ repeats it at once, and after a refused first command in
 * microtasks, which starve timers and signals. Each new refusal is logged once.
 */
export function throttleErrors(worker: Worker, { label, logger, clock }: ThrottleOptions): void {
  const retrying = worker as unknown as Retrying;
  const once = retrying.retryIfFailed.bind(worker);
  retrying.retryIfFailed = async (act, options) => {
    let failed = false;
    const result = await once(async () => {
      failed = false;
      return act().catch((error: unknown) => {
        failed = true;
        throw error;
      });
    }, options);
    if (failed) await new Promise<void>((resolve) => clock.setTimer(RETRY_MS, resolve));
    return result;
  };
  let last = "";
  worker.on("error", (error) => {
    const line = thrownLine(error);
    const { kind, text } = redisFailure(error);
    if (line === last || (kind === "reach" && !isRefusal(error))) logger.debug(`${label}: ${line}`);
    else logger.warn(kind === "reach" ? `${label}: Redis refuses what it needs: ${line}` : `${label}: ${text}`);
    last = line;
  });
}
