import { Refusal } from "@headline/service/errors";

/** Result of `promise` within `timeoutMs`. @throws Refusal UNAVAILABLE when that is nothing. */
export async function within<T>(timeoutMs: number, promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const expired = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new Refusal("UNAVAILABLE", `nothing came within ${timeoutMs} ms`, { retryAfterSeconds: 1 })),
      timeoutMs,
    );
  });
  try {
    return await Promise.race([promise, expired]);
  } finally {
    clearTimeout(timer);
  }
}
