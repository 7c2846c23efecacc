import { asRefusal } from "@headline/service/errors";
import { isDuplicate } from "./failure.js";

/** Receives each statement or transaction: its kind, `ok` or the failure, and its duration. */
export type ObserveMysql = (operation: "query" | "write" | "transaction", outcome: string, ms: number) => void;

/** Runs `work` and reports its outcome to `observe`. */
export async function observed<T>(
  observe: ObserveMysql,
  operation: Parameters<ObserveMysql>[0],
  work: () => Promise<T>,
): Promise<T> {
  const startedAt = performance.now();
  try {
    const result = await work();
    observe(operation, "ok", performance.now() - startedAt);
    return result;
  } catch (error) {
    observe(operation, outcomeOf(error), performance.now() - startedAt);
    throw error;
  }
}

/** A refusal by the caller's own code and a duplicate key count as `ok`: the database did its work. */
function outcomeOf(error: unknown): string {
  const code = asRefusal(error)?.code;
  if (code === "UNAVAILABLE") return "unavailable";
  return code !== undefined || isDuplicate(error) ? "ok" : "error";
}
