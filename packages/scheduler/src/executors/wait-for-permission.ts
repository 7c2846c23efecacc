import type { Redis } from "ioredis";
import type { Clock } from "../core/clock.js";
import type { Logger } from "../core/logger.js";
import { redisFailure } from "../stores/redis/failure.js";

interface Permission {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

const RETRY_MS = 1_000;

/**
 * Resolves once Redis permits INFO, with which every connection of BullMQ begins, or when `signal` is aborted. A right that is
 * granted meanwhile needs no restart.
 */
export async function waitForPermission(redis: Redis, { clock, logger, signal }: Permission): Promise<void> {
  let last = "";
  while (!signal.aborted) {
    try {
      await redis.info("server");
      return;
    } catch (error) {
      if (signal.aborted) return;
      const refusal = refusalOf(error);
      if (refusal !== last) logger.warn(`${refusal}; tried every ${RETRY_MS} ms`);
      last = refusal;
      await pause(clock, signal);
    }
  }
}

function refusalOf(error: unknown): string {
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
    const timer = clock.setTimer(RETRY_MS, end);
    signal.addEventListener("abort", end);
  });
}
