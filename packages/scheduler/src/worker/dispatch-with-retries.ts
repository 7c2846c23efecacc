import type { DispatchRequest, DispatchResult } from "../core/job-store.js";
import type { WorkerContext } from "./worker-context.js";

/** Share of the claims' lease for which a failing dispatch is tried again. */
const LEASE_SHARE = 0.5;
/** Refusals in a row, with no request accepted, after which the store counts as away. */
const REFUSALS_MAX = 2;

/**
 * Dispatches requests, with retries while their claims last; undefined when that was too short. A try whose answer was
 * lost is found by the next one. Requests that the store refuses are refused alone.
 */
export async function dispatchWithRetries(
  context: WorkerContext,
  requests: readonly DispatchRequest[],
): Promise<readonly DispatchResult[] | undefined> {
  if (requests.length === 0) return [];
  const { store, host, leaseMs, backoff } = context;
  const giveUpAt = host.clock.monotonic() + leaseMs * LEASE_SHARE;
  for (let failures = 1; ; failures++) {
    try {
      const results = store.dispatch(requests);
      return results instanceof Promise ? await results : results;
    } catch (error) {
      const waitMs = backoff.nextDelayMs("dispatch", error);
      if (host.clock.monotonic() + waitMs > giveUpAt) return undefined;
      await backoff.sleep(waitMs);
      const results = failures > 1 && requests.length > 1 ? await dispatchOneByOne(context, requests) : undefined;
      if (results !== undefined) return results;
    }
  }
}

/** Dispatches each request in a call of its own; undefined when the store accepts none. */
async function dispatchOneByOne(
  { store, events }: WorkerContext,
  requests: readonly DispatchRequest[],
): Promise<readonly DispatchResult[] | undefined> {
  const results: DispatchResult[] = [];
  let accepted = 0;
  for (const request of requests) {
    try {
      results.push(...(await store.dispatch([request])));
      accepted++;
    } catch (error) {
      if (accepted === 0 && results.length > REFUSALS_MAX) return undefined;
      events.dispatchRefused(request.jobId, error);
      results.push({ kind: "stale" });
    }
  }
  return accepted === 0 ? undefined : results;
}
