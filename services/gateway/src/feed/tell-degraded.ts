import { asRefusal } from "@headline/errors";
import { gathered, type Log } from "@headline/observability";

const OUTAGES: ReadonlySet<string | undefined> = new Set(["UNAVAILABLE", "DEADLINE_EXCEEDED", "RESOURCE_EXHAUSTED"]);

/** Says why the feed is degraded: an outage once a second, a bug of ours or the recommender's every time, as an error. */
export function tellDegraded(log: Log): (error: unknown) => void {
  const outage = gathered(log, "degraded: the recommendation service did not answer", { everyMs: 1_000 });
  return (error) => {
    if (OUTAGES.has(asRefusal(error)?.code)) outage(error);
    else log.error({ err: error }, "degraded: the recommendation service failed as it never should");
  };
}
