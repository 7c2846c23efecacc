import express, { type Request, type RequestHandler } from "express";
import { type Authenticate, bearerToken } from "./authenticate.js";
import { HttpRefusal } from "./problem.js";
import type { RequestBody } from "./route.js";

/** Enough for a sign-up or a sign-in. */
export const SMALL_BODY_BYTES = 16 * 1_024;
/** Articles of signed-in readers. */
export const LARGE_BODY_BYTES = 1_024 * 1_024;

const JSON_TYPES: readonly string[] = ["application/json"];
const UTF8_BY_ANOTHER_NAME =
  /;\s*charset\s*=\s*(["']?)\s*(?:utf-?8|unicode-1-1-utf-8|unicode11utf8|unicode20utf8|x-unicode20utf8)\s*\1\s*(?=;|$)/i;

/**
 * Parses the body of a route as JSON, up to its limit. Without one a body beyond 16 KiB needs an access token, which is verified
 * before the body is read.
 */
export function createBody(
  { maxBytes, types = JSON_TYPES, optional }: RequestBody,
  { signedIn }: Pick<Authenticate, "signedIn">,
): RequestHandler {
  const parseSmall = parser(maxBytes ?? SMALL_BODY_BYTES, types);
  const parseLarge = parser(LARGE_BODY_BYTES, types);
  return async (req, res, next) => {
    if (optional && isEmpty(req)) {
      next();
      return;
    }
    mustBe(types, req);
    nameUtf8(req);
    const isLarge = maxBytes === undefined && mayBeLarge(req) && bearerToken(req) !== undefined;
    if (isLarge) await signedIn(req);
    (isLarge ? parseLarge : parseSmall)(req, res, next);
  };
}

function parser(limit: number, types: readonly string[]): RequestHandler {
  return express.json({ limit, type: [...types], inflate: true });
}

function mustBe(types: readonly string[], req: Request): void {
  if (req.is([...types]) !== false && req.headers["content-type"] !== undefined) return;
  const form = types.length === 1 ? types[0] : `JSON, as ${types.join(" or ")}`;
  throw new HttpRefusal(415, "UNSUPPORTED_MEDIA_TYPE", `the body must be ${form}`);
}

/** UTF-8 by another of its names (https://encoding.spec.whatwg.org/#names-and-labels) is written as the parser knows it. */
function nameUtf8({ headers }: Request): void {
  headers["content-type"] = headers["content-type"]?.replace(UTF8_BY_ANOTHER_NAME, "; charset=utf-8");
}

function mayBeLarge({ headers }: Request): boolean {
  return headers["content-encoding"] !== undefined || !(Number(headers["content-length"]) <= SMALL_BODY_BYTES);
}

function isEmpty({ headers }: Request): boolean {
  return headers["transfer-encoding"] === undefined && Number(headers["content-length"] ?? 0) === 0;
}
