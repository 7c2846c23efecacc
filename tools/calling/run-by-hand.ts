import { endOnBadOption } from "../lib/command-line.js";

/** Runs a program that people call by hand; a failure is printed without its stack, and a bad option with the usage. */
export async function runByHand(usage: string, run: () => Promise<void>): Promise<void> {
  const alive = setInterval(() => undefined, 60_000); // a call that is about to be asked again keeps no process
  try {
    await run().catch((error: unknown) => endOnBadOption(error, usage));
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n`);
    process.exitCode = 1;
  } finally {
    clearInterval(alive);
  }
}
