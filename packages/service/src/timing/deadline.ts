/** Default error of `deadline`. */
export class DeadlineExceeded extends Error {
  override readonly name = "DeadlineExceeded";

  constructor(ms: number) {
    super(`no answer within ${Math.round(ms)} ms`);
  }
}

/**
 * Settles as `work` does, or rejects after `ms` with the error that `onTimeout` makes. A function gets a signal that aborts then;
 * work that ignores it runs on, and its late result is dropped.
 *
 * @example
 * ```ts
 * import { deadline } from "@headline/service/timing";
 *
 * console.log(await deadline(Promise.resolve("done"), 1_000)); // done
 * const never = new Promise<string>(() => undefined);
 * console.log(await deadline(never, 10).catch((error: Error) => error.message)); // no answer within 10 ms
 * ```
 */
export async function deadline<T>(
  work: PromiseLike<T> | ((signal: AbortSignal) => T | PromiseLike<T>),
  ms: number,
  onTimeout: () => Error = () => new DeadlineExceeded(ms),
): Promise<T> {
  const controller = typeof work === "function" ? new AbortController() : undefined;
  let timer: NodeJS.Timeout | undefined;
  const expired = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      const error = onTimeout();
      reject(error);
      controller?.abort(error);
    }, ms);
  });
  try {
    const result = typeof work === "function" ? work((controller as AbortController).signal) : work;
    return await Promise.race([result, expired]);
  } finally {
    clearTimeout(timer);
  }
}
