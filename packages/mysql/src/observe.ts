import { asRefusal } from "@headline/service/errors";
import { isDuplicate } from "./failure.js";

/** Told of each statement or transaction: what it was, `ok` or what it failed with, and how long it took. */
export type ObserveMysql = (operation: "query" | "write" | "transaction", outcome: string, ms: number) => void;

/** Runs `work` and tells `observe` what became of it. */
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

/** A refusal of whoever works with the database, and a key that is taken, are answers; the database did what it should. */
function outcomeOf(error: unknown): string {
  const code = asRefusal(error)?.code;
  if (code === "UNAVAILABLE") return "unavailable";
  return code !== undefined || isDuplicate(error) ? "ok" : "error";
}
