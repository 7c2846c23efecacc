import type { Request } from "express";
import type { ExecutionState } from "../../core/execution.js";
import { parseInstant } from "../../time/parse.js";
import { EXECUTION_STATES, JOB_STATE_TEXT, type JobState } from "../wording.js";
import { InputProblem } from "./problem.js";

const TEXT_MAX = 400;
const LIMIT_MAX = 200;

/** Reads a parameter of the query; an empty one is absent, since a form sends all its fields. */
export function parameter(req: Request, name: string): string | undefined {
  const value: unknown = req.query[name];
  if (value === undefined || value === "") return undefined;
  if (typeof value !== "string") throw new InputProblem(name, "must be given once");
  if (value.length > TEXT_MAX && name !== "cursor")
    throw new InputProblem(name, `must have at most ${TEXT_MAX} characters`);
  return value;
}

export function limitParameter(req: Request, otherwise: number): number {
  const text = parameter(req, "limit");
  if (text === undefined) return otherwise;
  const limit = /^[1-9]\d{0,3}$/.test(text) ? Number(text) : 0;
  if (limit < 1 || limit > LIMIT_MAX) throw new InputProblem("limit", `must be a whole number from 1 to ${LIMIT_MAX}`);
  return limit;
}

export function jobStateParameter(req: Request): JobState | undefined {
  const state = parameter(req, "state");
  if (state === undefined || Object.hasOwn(JOB_STATE_TEXT, state)) return state as JobState | undefined;
  throw new InputProblem("state", `must be one of ${Object.keys(JOB_STATE_TEXT).join(", ")}`);
}

/** Reads a state, or several with commas. */
export function executionStatesParameter(req: Request): readonly ExecutionState[] | undefined {
  const states = parameter(req, "state")?.split(",") as ExecutionState[] | undefined;
  if (states === undefined || states.every((state) => EXECUTION_STATES.includes(state))) return states;
  throw new InputProblem("state", `must be one of ${EXECUTION_STATES.join(", ")}`);
}

/** Reads epoch ms, ISO 8601, or the local time of a browser's datetime field. */
export function timeParameter(req: Request, name: string, timezone: string): number | undefined {
  const text = parameter(req, name);
  if (text === undefined) return undefined;
  if (/^\d{12,14}$/.test(text)) return Number(text);
  try {
    return parseInstant(text, timezone, name);
  } catch (error) {
    if (error instanceof RangeError) throw new InputProblem(name, error.message.replace(`${name}: `, ""));
    throw error;
  }
}
