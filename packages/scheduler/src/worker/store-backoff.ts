import { thrownMessage } from "../core/describe-thrown.js";
import type { WorkerHost } from "./worker-host.js";

export interface StoreBackoffConfig {
  /** Delay after the first failure; doubled with each further one. */
  readonly minMs: number;
  readonly maxMs: number;
}

const DEFAULTS: StoreBackoffConfig = { minMs: 50, maxMs: 1_000 };
const EXPONENT_MAX = 10;

/** Exponential backoff with jitter for the calls of one store, which logs each failure. */
export class StoreBackoff {
  readonly #config: StoreBackoffConfig;
  #failures = 0;

  constructor(
    private readonly alias: string,
    private readonly host: Pick<WorkerHost, "clock" | "logger" | "random">,
    config: Partial<StoreBackoffConfig> = {},
  ) {
    this.#config = { ...DEFAULTS, ...config };
  }

  /** Ends the series of failures. */
  reset(): void {
    this.#failures = 0;
  }

  /** Logs a failure and returns the delay before the next try, ms. */
  nextDelayMs(action: string, error: unknown): number {
    const { minMs, maxMs } = this.#config;
    const delayMs = Math.min(maxMs, minMs * 2 ** Math.min(this.#failures++, EXPONENT_MAX));
    this.host.logger.error(
      `Job store "${this.alias}" failed to ${action}: ${thrownMessage(error)}; again in ${delayMs} ms`,
    );
    return Math.ceil(delayMs * (0.5 + this.host.random() / 2));
  }

  /** Makes one try; a failure is logged and not thrown. */
  async bestEffort(action: string, call: () => unknown): Promise<void> {
    try {
      await call();
    } catch (error) {
      this.nextDelayMs(action, error);
    }
  }

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.host.clock.setTimer(ms, resolve);
    });
  }
}
