import type { Request } from "express";
import type { ExecutionsQuery } from "../reading/executions.js";
import type { JobsQuery } from "../reading/jobs.js";
import { executionStatesParameter, jobStateParameter, limitParameter, parameter, timeParameter } from "./query.js";

const PAGE_ROWS = 50;

/** Reads the query of a list of jobs. */
export function jobsQuery(req: Request): JobsQuery {
  return {
    search: parameter(req, "q"),
    state: jobStateParameter(req),
    tag: parameter(req, "tag"),
    store: parameter(req, "store"),
    limit: limitParameter(req, PAGE_ROWS),
    cursor: parameter(req, "cursor"),
  };
}

/** Reads the query of a list of executions. */
export function executionsQuery(req: Request, timezone: string): ExecutionsQuery {
  return {
    jobId: parameter(req, "job"),
    states: executionStatesParameter(req),
    store: parameter(req, "store"),
    from: timeParameter(req, "from", timezone),
    to: timeParameter(req, "to", timezone),
    limit: limitParameter(req, PAGE_ROWS),
    cursor: parameter(req, "cursor"),
  };
}
