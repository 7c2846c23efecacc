import { thrownLine } from "../core/describe-thrown.js";
import type { Logger } from "../core/logger.js";

/** Closes a store or an executor; a failure is logged, so that the others are closed as well. */
export async function closeQuietly(logger: Logger, close: () => unknown): Promise<void> {
  try {
    await close();
  } catch (error) {
    logger.error(`A store or an executor failed to close: ${thrownLine(error)}`);
  }
}
