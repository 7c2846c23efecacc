import { Refusal } from "@headline/service/errors";
import type { RequestHandler } from "express";

/**
 * Refuses what Node lets pass and proxies read differently, which is how requests are smuggled past them: transfer encodings
 * other than chunked, and a second Host (RFC 9112 §3.2, §6.1).
 */
export const plainFraming: RequestHandler = (req, _res, next) => {
  const encoding = req.headers["transfer-encoding"];
  if (encoding !== undefined && encoding.toLowerCase() !== "chunked")
    throw new Refusal("INVALID_ARGUMENT", "the only transfer encoding understood here is chunked");
  if (hasSecondHost(req.rawHeaders)) throw new Refusal("INVALID_ARGUMENT", "a request has one Host");
  next();
};

function hasSecondHost(rawHeaders: readonly string[]): boolean {
  let hosts = 0;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] as string;
    if (name.length === 4 && name.toLowerCase() === "host") hosts += 1;
  }
  return hosts > 1;
}
