interface Options {
  /** Called with unhandled failures. The process goes on: one bad request must not end the others'. */
  readonly onUnhandled: (error: unknown) => void;
  /** One line that explains a start that failed, in place of the error and its stack; undefined for what is none of its. */
  readonly inWords?: (error: unknown) => string | undefined;
  /** Limit of closing, ms; then the process ends anyway. */
  readonly closeWithinMs?: number;
}

/**
 * Runs `open` and keeps the process until SIGTERM or SIGINT, then closes what was opened and ends with 0. `open` is given the
 * same as an AbortSignal: what it waits for before it has opened everything, it need not wait for any more.
 */
export async function runUntilSignal(
  open: (signal: AbortSignal) => Promise<AsyncDisposable>,
  options: Options,
): Promise<void> {
  const { onUnhandled, inWords = () => undefined, closeWithinMs = 15_000 } = options;
  process.on("unhandledRejection", onUnhandled);
  const stopping = new AbortController();
  const { signal } = stopping;
  const signalled = new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
  const end = () => {
    setTimeout(() => {
      onUnhandled(new Error(`closing took longer than ${closeWithinMs} ms`));
      process.exit(1);
    }, closeWithinMs).unref();
    stopping.abort();
  };
  process.once("SIGTERM", end);
  process.once("SIGINT", end);
  const opened = await open(signal).catch((error: unknown) => {
    if (signal.aborted) return;
    const line = inWords(error);
    if (line === undefined) throw error;
    process.stderr.write(`The start failed. ${line}\n`);
    process.exit(1);
  });
  await signalled;
  await opened?.[Symbol.asyncDispose]();
  process.exit(0);
}
