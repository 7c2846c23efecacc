import { Problem } from "./problem.js";

const PAUSE_MS = 100;

interface Rules {
  /** Whether asking again cannot do it twice. */
  readonly repeatable: boolean;
  /** Whether the call carries an Idempotency-Key. */
  readonly keyed: boolean;
  /** Retries at most. */
  readonly retriesMax: number;
  /** For the whole call, from now on. */
  readonly timeoutMs: number;
  /** For each time it is asked. */
  readonly attemptMs: number;
  readonly signal: AbortSignal | undefined;
}

/** Asks, and asks again where that is safe and may help, until the deadline. @throws Problem, or the reason of `signal` */
export async function askInTime<T>(rules: Rules, ask: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const endsAt = performance.now() + rules.timeoutMs;
  for (let again = 0; ; again += 1) {
    const leftMs = endsAt - performance.now();
    try {
      return await within(rules.repeatable ? Math.min(leftMs, rules.attemptMs) : leftMs, rules.signal, ask);
    } catch (error) {
      if (!(error instanceof Problem) || again >= rules.retriesMax || !mayHelp(error, rules, again)) throw error;
      const pauseMs = 1_000 * (error.retryAfterSeconds ?? (PAUSE_MS * 2 ** again * (0.5 + Math.random())) / 1_000);
      if (pauseMs >= endsAt - performance.now()) throw error;
      await pause(pauseMs, rules.signal);
    }
  }
}

function mayHelp({ status, code }: Problem, { repeatable, keyed }: Rules, again: number): boolean {
  if (!repeatable) return false;
  // What was asked first goes on without us, and its answer will be ours.
  if (keyed && again === 0 && status === 409 && code === "ALREADY_EXISTS") return true;
  return status === 0 || status === 429 || status === 502 || status === 503 || status === 504;
}

async function within<T>(ms: number, signal: AbortSignal | undefined, ask: (signal: AbortSignal) => Promise<T>) {
  const timeout = AbortSignal.timeout(Math.max(1, Math.ceil(ms)));
  try {
    return await ask(signal === undefined ? timeout : AbortSignal.any([signal, timeout]));
  } catch (error) {
    if (signal?.aborted) throw signal.reason;
    if (error instanceof Problem) throw error;
    if (timeout.aborted) throw new Problem("no answer in time", { status: 0, code: "DEADLINE_EXCEEDED", cause: error });
    throw new Problem("no answer", { status: 0, code: "NO_ANSWER", cause: error });
  }
}

function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", stop);
      resolve();
    }, ms);
    if (signal?.aborted) stop();
    else signal?.addEventListener("abort", stop, { once: true });
  });
}
