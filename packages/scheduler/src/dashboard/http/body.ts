import express, { type Request, type RequestHandler } from "express";
import { HttpProblem } from "./problem.js";

const LIMIT = "16kb";

/** Reads forms and JSON, no more than 16 kB, whatever the app around it reads; refuses bodies of other kinds. */
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

/** A field of the body as the text it is; undefined when it is absent, inherited or no text. */
export function textField(body: unknown, name: string): string | undefined {
  const value = ownField(body, name);
  return typeof value === "string" ? value : undefined;
}

/** A field of the body that is its own, never its prototype's. */
export function ownField(body: unknown, name: string): unknown {
  if (typeof body !== "object" || body === null || !Object.hasOwn(body, name)) return undefined;
  return (body as Record<string, unknown>)[name];
}

function hasBody(req: Request): boolean {
  return req.headers["transfer-encoding"] !== undefined || Number(req.headers["content-length"] ?? 0) > 0;
}
