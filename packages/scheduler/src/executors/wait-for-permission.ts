import type { Redis } from "ioredis";
import type { Clock } from "../core/clock.js";
import type { Logger } from "../core/logger.js";
import { redisFailure } from "../stores/redis/failure.js";

interface Permitted {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

const AGAIN_MS = 1_000;

/**
 * Resolves once Redis permits INFO, with which every connection of BullMQ begins and without which it never comes to be; or when
 * `signal` is aborted. Rights that are granted meanwhile need no restart.
 */
export async function untilPermitted(redis: Redis, { clock, logger, signal }: Permitted): Promise<void> {
  let last = "";
  while (!signal.aborted) {
    try {
      await redis.info("server");
      return;
    } catch (error) {
      if (signal.aborted) return;
      const said = needOf(error);
      if (said !== last) logger.warn(`${said}; tried every ${AGAIN_MS} ms`);
      last = said;
      await pause(clock, signal);
    }
  }
}

function needOf(error: unknown): string {
  const { kind, text } = redisFailure(error);
  return kind === "right" ? `BullMQ needs INFO, which Redis refuses: ${(error as Error).message}` : text;
}

function pause(clock: Clock, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      timer[Symbol.dispose]();
      signal.removeEventListener("abort", end);
      resolve();
    };
    const timer = clock.setTimer(AGAIN_MS, end);
    signal.addEventListener("abort", end);
  });
}
