import express, { type Request, type RequestHandler } from "express";
import { HttpProblem } from "./problem.js";

const LIMIT = "16kb";

/** Reads forms and JSON of up to 16 kB, independent of the app around it; refuses other bodies. */
export const readBody: readonly RequestHandler[] = [
  express.urlencoded({ extended: false, limit: LIMIT, parameterLimit: 32 }),
  express.json({ limit: LIMIT }),
  (req, _res, next) => {
    if (req.body === undefined && hasBody(req)) {
      throw new HttpProblem({ status: 415, code: "UNSUPPORTED_MEDIA_TYPE", detail: "send a form or JSON" });
    }
    next();
  },
];

/** Returns a text field of the body; undefined when it is absent, inherited or not a text. */
export function textField(body: unknown, name: string): string | undefined {
  const value = ownField(body, name);
  return typeof value === "string" ? value : undefined;
}

/** Returns an own field of the body, never one of its prototype. */
export function ownField(body: unknown, name: string): unknown {
  if (typeof body !== "object" || body === null || !Object.hasOwn(body, name)) return undefined;
  return (body as Record<string, unknown>)[name];
}

function hasBody(req: Request): boolean {
  return req.headers["transfer-encoding"] !== undefined || Number(req.headers["content-length"] ?? 0) > 0;
}
