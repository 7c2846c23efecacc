import type { Worker } from "bullmq";
import type { Clock } from "../core/clock.js";
import { thrownLine } from "../core/describe-thrown.js";
import type { Logger } from "../core/logger.js";
import { isRefusal } from "../redis-reply.js";
import { redisFailure } from "../stores/redis/failure.js";

/** BullMQ's own loop around each command of a worker; private there. */
interface Retrying {
  retryIfFailed(act: () => Promise<unknown>, options: { readonly onlyEmitError?: boolean }): Promise<unknown>;
}

interface Heed {
  readonly label: string;
  readonly logger: Logger;
  readonly clock: Clock;
}

const AGAIN_MS = 500;

/**
 * Bounds what a worker does after a command that Redis refuses: BullMQ asks again at once, and in microtasks, which starve timers and
 * signals, when the first command of its connection was refused. Each new refusal is one warning.
 */
export function heedErrors(worker: Worker, { label, logger, clock }: Heed): void {
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
    if (failed) await new Promise<void>((resolve) => clock.setTimer(AGAIN_MS, resolve));
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
