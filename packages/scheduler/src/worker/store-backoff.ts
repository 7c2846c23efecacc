import { thrownMessage } from "../core/describe-thrown.js";
import type { SessionHost } from "./worker-host.js";

/** After a failing store call: doubled each time, from and to. */
const RETRY_FROM_MS = 50;
const RETRY_TO_MS = 1_000;

/** Calls of a store that fail: each is said, and the next is made after a wait that grows. */
export class StoreTrouble {
  #failures = 0;

  constructor(
    private readonly alias: string,
    private readonly host: Pick<SessionHost, "clock" | "logger" | "random">,
  ) {}

  /** The series of failures is over. */
  worked(): void {
    this.#failures = 0;
  }

  /** Says so and answers how long to wait. */
  failed(what: string, error: unknown): number {
    const waitMs = Math.min(RETRY_TO_MS, RETRY_FROM_MS * 2 ** Math.min(this.#failures++, 10));
    this.host.logger.error(
      `Job store "${this.alias}" failed to ${what}: ${thrownMessage(error)}; again in ${waitMs} ms`,
    );
    return Math.ceil(waitMs * (0.5 + this.host.random() / 2));
  }

  async bestEffort(what: string, call: () => unknown): Promise<void> {
    try {
      await call();
    } catch (error) {
      this.failed(what, error);
    }
  }

  pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.host.clock.setTimer(ms, resolve);
    });
  }
}
