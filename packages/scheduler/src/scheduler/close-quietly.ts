import { thrownLine } from "../core/describe-thrown.js";
import type { Logger } from "../core/executor.js";

/** What cannot be closed is logged and keeps nothing else from being closed. */
export async function closeQuietly(logger: Logger, close: () => unknown): Promise<void> {
  try {
    await close();
  } catch (error) {
    logger.error(`A store or an executor failed to close: ${thrownLine(error)}`);
  }
}
