/**
 * Rules that every store applies alike, for a store of your own: the format of jobs, the shares of a claim, the count of runs.
 * `stores/conformance` has the suite that it must pass; docs/write-a-store.md says the rest.
 */

export { type DurationStatistics, type Execution, isFinalState } from "../core/execution.js";
export { decodeJob, decodeJobOf, encodeJob, NewerFormatError, waitingJob } from "../core/job-record.js";
export type * from "../core/job-store.js";
export { runCountAfter, startsWithoutNextRun } from "../core/run-limit.js";
export { type ClaimFilter, claimFilters } from "./claim-filters.js";
export { mostDeliveries, withTaskAck } from "./deliveries.js";
export { checkStorable } from "./sql/check-storable.js";
export { statisticsOf } from "./statistics-of.js";
export { unreadable } from "./unreadable.js";
