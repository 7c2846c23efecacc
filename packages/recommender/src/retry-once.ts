import { codeOf, type ObserveCall, type RetryBudget } from "@headline/grpc";
import { Refusal } from "@headline/service/errors";
import { pause } from "@headline/service/timing";
import { UnprocessedCall } from "./pending-call.js";

interface Call {
  /** Time for the first attempt, so that some is left for a second. Default: all of it. */
  readonly attemptMs?: number | undefined;
  readonly traceparent?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Makes one attempt within `timeoutMs`; `isRepeated` after one that no server processed. */
type Attempt<T> = (timeoutMs: number, isRepeated: boolean) => Promise<T>;

/** Work with less than this left is not started. */
const WORTH_STARTING_MS = 20;
const PAUSE_MS_MAX = 10;

/** Makes calls with one retry, where repeating is safe, and reports each call once. */
export function retryOnce(budget: RetryBudget, observe: ObserveCall | undefined) {
  return async <T>(method: string, call: Call, timeoutMs: number, attempt: Attempt<T>): Promise<T> => {
    const startedAt = performance.now();
    const observed = (code: string) => observe?.(method, code, performance.now() - startedAt, call.traceparent);
    budget.earn();
    try {
      const first = attempt(Math.min(timeoutMs, call.attemptMs ?? timeoutMs), false);
      const result = await first.catch((error) => retry(error, startedAt + timeoutMs, budget, call.signal, attempt));
      observed("OK");
      return result;
    } catch (error) {
      observed(codeOf(error));
      throw error;
    }
  };
}

/**
 * The one retry. A refresh is idempotent by its time_stamp, so a second attempt is safe; the budget keeps an overloaded server
 * from twice the load. A call that no server processed is repeated before that, and costs no budget.
 */
async function retry<T>(
  failure: unknown,
  deadlineAt: number,
  budget: RetryBudget,
  signal: AbortSignal | undefined,
  attempt: Attempt<T>,
): Promise<T> {
  let error = failure;
  if (error instanceof UnprocessedCall && !signal?.aborted && worthStarting(deadlineAt)) {
    try {
      return await attempt(deadlineAt - performance.now(), true);
    } catch (second) {
      error = second;
    }
  }
  if (!isTransient(error) || signal?.aborted) throw error;
  const { retryAfterSeconds } = error;
  const pauseMs = retryAfterSeconds === undefined ? PAUSE_MS_MAX * Math.random() : retryAfterSeconds * 1_000;
  if (!worthStarting(deadlineAt - pauseMs) || !budget.spend()) throw error;
  await pause(pauseMs);
  return await attempt(deadlineAt - performance.now(), false);
}

function worthStarting(deadlineAt: number): boolean {
  return deadlineAt - performance.now() >= WORTH_STARTING_MS;
}

function isTransient(error: unknown): error is Refusal {
  return error instanceof Refusal && (error.code === "UNAVAILABLE" || error.code === "DEADLINE_EXCEEDED");
}
