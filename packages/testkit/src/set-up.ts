import { writeFileSync } from "node:fs";
import { join } from "node:path";

/**
 * Runs a step that many tests depend on, such as the start of their MariaDB. Under `npm test` its failure ends the whole run,
 * which says the reason once: the promise then stays open until the runner ends this process. Elsewhere it rejects.
 */
export async function setUp<T>(step: string, run: () => Promise<T>): Promise<T> {
  if (process.env["HEADLINE_TEST_MODE"] === "unit") return failed(step, new Error("a unit test needs no server"));
  try {
    return await run();
  } catch (error) {
    return failed(step, error as Error);
  }
}

async function failed(step: string, cause: Error): Promise<never> {
  const reason = `${step}: ${cause.message}`;
  const run = process.env["HEADLINE_TEST_RUN"];
  if (run === undefined) throw new Error(reason, { cause });
  try {
    writeFileSync(join(run, "set-up-failed.txt"), reason, { flag: "wx" });
  } catch {
    // another worker failed first, and its reason is as good
  }
  return new Promise(() => setInterval(() => {}, 60_000));
}
