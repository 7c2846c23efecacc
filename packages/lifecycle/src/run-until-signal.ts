interface Options {
  /** Told of failures nobody handled. The process goes on: one bad request must not end the others'. */
  readonly onUnhandled: (error: unknown) => void;
  /** How long closing may take before the process ends anyway. */
  readonly closeWithinMs?: number;
}

/** Runs `open` and keeps the process until SIGTERM or SIGINT, then closes what was opened and ends with 0. */
export async function runUntilSignal(open: () => Promise<AsyncDisposable>, options: Options): Promise<void> {
  const { onUnhandled, closeWithinMs = 15_000 } = options;
  process.on("unhandledRejection", onUnhandled);
  const signalled = new Promise<void>((resolve) => {
    process.once("SIGTERM", () => resolve());
    process.once("SIGINT", () => resolve());
  });
  const opened = await open();
  await signalled;
  setTimeout(() => {
    onUnhandled(new Error(`closing took longer than ${closeWithinMs} ms`));
    process.exit(1);
  }, closeWithinMs).unref();
  await opened[Symbol.asyncDispose]();
  process.exit(0);
}
