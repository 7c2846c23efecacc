import { STATUS_CODES } from "node:http";
import type { Response } from "express";
import {
  JobBusyError,
  JobNotFoundError,
  JobSpecError,
  MaxInstancesError,
  SchedulerStateError,
} from "../../core/errors.js";
import { TriggerSyntaxError } from "../../triggers/trigger-syntax-error.js";

/** Refusal with the members of RFC 9457. */
export interface Problem {
  readonly status: number;
  readonly code: string;
  readonly detail?: string;
  /** Field of the request that is wrong. */
  readonly field?: string;
  /** Value of WWW-Authenticate. */
  readonly challenge?: string;
}

/** Error that refuses a request with a status. */
export class HttpProblem extends Error {
  constructor(readonly problem: Problem) {
    super(problem.detail ?? problem.code);
  }
}

/** Refusal of a field with an invalid value. */
export class InputProblem extends HttpProblem {
  constructor(field: string, detail: string) {
    super({ status: 400, code: "INVALID_ARGUMENT", field, detail: `${field}: ${detail}` });
  }
}

export class NotFoundProblem extends HttpProblem {
  constructor(detail: string, code = "NOT_FOUND") {
    super({ status: 404, code, detail });
  }
}

/** Converts an error to a refusal; an unexpected one is a 500 without details. */
export function problemOf(error: unknown): Problem {
  if (error instanceof HttpProblem) return error.problem;
  if (error instanceof JobNotFoundError) return { status: 404, code: error.name, detail: error.message };
  if (error instanceof MaxInstancesError || error instanceof JobBusyError || error instanceof SchedulerStateError) {
    return { status: 409, code: error.name, detail: error.message };
  }
  if (error instanceof JobSpecError)
    return { status: 400, code: error.name, detail: error.message, field: error.field };
  if (error instanceof TriggerSyntaxError)
    return { status: 400, code: error.name, detail: error.message, field: "trigger" };
  return unreadableRequest(error) ?? { status: 500, code: "INTERNAL" };
}

const UNREADABLE: Readonly<Record<string, Problem>> = {
  "entity.too.large": { status: 413, code: "TOO_LARGE", detail: "the body is larger than 16 kB" },
  "entity.parse.failed": { status: 400, code: "INVALID_ARGUMENT", detail: "the body is not valid JSON", field: "body" },
  "charset.unsupported": { status: 415, code: "UNSUPPORTED_MEDIA_TYPE", detail: "the body must be UTF-8" },
  "encoding.unsupported": { status: 415, code: "UNSUPPORTED_MEDIA_TYPE", detail: "the body's encoding is not known" },
  "parameters.too.many": { status: 413, code: "TOO_LARGE", detail: "the form has too many fields" },
};

/** Recognizes errors of body-parser and the router by their type or a status below 500. */
function unreadableRequest(error: unknown): Problem | undefined {
  if (!(error instanceof Error)) return undefined;
  const { type, status } = error as { type?: unknown; status?: unknown };
  if (typeof type === "string" && Object.hasOwn(UNREADABLE, type)) return UNREADABLE[type];
  if (typeof status !== "number" || status < 400 || status > 499) return undefined;
  return { status, code: "INVALID_ARGUMENT", detail: STATUS_CODES[status] ?? "the request cannot be read" };
}

/** Sends a refusal as application/problem+json. */
export function sendProblem(res: Response, { status, code, detail, field, challenge }: Problem): void {
  if (challenge !== undefined) res.set("WWW-Authenticate", challenge);
  res
    .status(status)
    .type("application/problem+json")
    .send(JSON.stringify({ type: "about:blank", title: STATUS_CODES[status], status, code, detail, field }));
}
