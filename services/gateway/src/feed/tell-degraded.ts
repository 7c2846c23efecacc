import { asRefusal } from "@headline/service/errors";
import { gathered, type Log, traceIdOf } from "@headline/service/log";

const OUTAGES: ReadonlySet<string | undefined> = new Set(["UNAVAILABLE", "DEADLINE_EXCEEDED", "RESOURCE_EXHAUSTED"]);

/** Told why the feed is degraded, and of the traceparent that the recommender was asked with. */
export type OnDegraded = (error: unknown, traceparent: string | undefined) => void;

/** Says why the feed is degraded: an outage once a second, a bug of ours or the recommender's every time, as an error. */
export function tellDegraded(log: Log): OnDegraded {
  const outage = gathered(log, "degraded: the recommendation service did not answer", { everyMs: 1_000 });
  return (error, traceparent) => {
    const trace = traceparent === undefined ? {} : { trace_id: traceIdOf(traceparent) };
    if (OUTAGES.has(asRefusal(error)?.code)) outage(error, trace);
    else log.error({ err: error, ...trace }, "degraded: the recommendation service failed as it never should");
  };
}
