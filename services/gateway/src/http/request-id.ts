import { randomUUID } from "node:crypto";
import type { RequestHandler, Response } from "express";

const HEADER = "X-Request-Id";
const ACCEPTABLE = /^[\w.-]{1,64}$/;

/** Gives every answer an X-Request-Id, the caller's own where it is a sane one, and keeps browsers from guessing what it is. */
export const identifyRequest: RequestHandler = (req, res, next) => {
  const given = req.headers["x-request-id"];
  res.setHeader(HEADER, typeof given === "string" && ACCEPTABLE.test(given) ? given : randomUUID());
  res.setHeader("X-Content-Type-Options", "nosniff");
  res.setHeader("Referrer-Policy", "same-origin");
  next();
};

export function requestId(res: Response): string {
  return String(res.getHeader(HEADER));
}
