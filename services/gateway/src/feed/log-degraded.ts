import { asRefusal } from "@headline/service/errors";
import { type Log, rateLimitedLog, traceIdOf } from "@headline/service/log";

const OUTAGES: ReadonlySet<string | undefined> = new Set(["UNAVAILABLE", "DEADLINE_EXCEEDED", "RESOURCE_EXHAUSTED"]);

/** Receives the error for which an answer is degraded, and the traceparent of the failed call. */
export type OnDegraded = (error: unknown, traceparent: string | undefined) => void;

/** Logs outages of the recommender once a second, and bugs every time, as errors. */
export function logDegraded(log: Log): OnDegraded {
  const outage = rateLimitedLog(log, "degraded: the recommendation service did not answer", { everyMs: 1_000 });
  return (error, traceparent) => {
    const trace = traceparent === undefined ? {} : { trace_id: traceIdOf(traceparent) };
    if (OUTAGES.has(asRefusal(error)?.code)) outage(error, trace);
    else log.error({ err: error, ...trace }, "degraded: the recommendation service failed as it never should");
  };
}
