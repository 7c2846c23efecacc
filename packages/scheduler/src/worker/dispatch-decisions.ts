import type { Decision, Verdict } from "../core/job-store.js";
import type { WorkerContext } from "./worker-context.js";

/** Share of the claims' lease for which a failing dispatch is tried again. */
const LEASE_SHARE = 0.5;
/** Refusals in a row, with no decision accepted, after which the store counts as away. */
const REFUSALS_MAX = 2;

/**
 * Dispatches decisions, with retries while their claims last; undefined when that was too short. A try whose answer was
 * lost is found by the next one. Decisions that the store refuses are refused alone.
 */
export async function dispatchDecisions(
  context: WorkerContext,
  decisions: readonly Decision[],
): Promise<readonly Verdict[] | undefined> {
  if (decisions.length === 0) return [];
  const { store, host, leaseMs, backoff } = context;
  const giveUpAt = host.clock.monotonic() + leaseMs * LEASE_SHARE;
  for (let failures = 1; ; failures++) {
    try {
      const verdicts = store.dispatch(decisions);
      return verdicts instanceof Promise ? await verdicts : verdicts;
    } catch (error) {
      const waitMs = backoff.nextDelayMs("dispatch", error);
      if (host.clock.monotonic() + waitMs > giveUpAt) return undefined;
      await backoff.sleep(waitMs);
      const verdicts = failures > 1 && decisions.length > 1 ? await dispatchOneByOne(context, decisions) : undefined;
      if (verdicts !== undefined) return verdicts;
    }
  }
}

/** Dispatches each decision in a call of its own; undefined when the store accepts none. */
async function dispatchOneByOne(
  { store, events }: WorkerContext,
  decisions: readonly Decision[],
): Promise<readonly Verdict[] | undefined> {
  const verdicts: Verdict[] = [];
  let accepted = 0;
  for (const decision of decisions) {
    try {
      verdicts.push(...(await store.dispatch([decision])));
      accepted++;
    } catch (error) {
      if (accepted === 0 && verdicts.length > REFUSALS_MAX) return undefined;
      events.dispatchRefused(decision.jobId, error);
      verdicts.push({ kind: "stale" });
    }
  }
  return accepted === 0 ? undefined : verdicts;
}
