import express, { type Request, type RequestHandler, type Response } from "express";
import { type Authenticate, bearerToken } from "./authenticate.js";
import { HttpRefusal } from "./problem.js";

/** Of anybody, enough for a sign-up or a sign-in; and of signed-in readers, who write articles. */
const ANONYMOUS_MAX = 16 * 1_024;
const SIGNED_IN_MAX = 1_024 * 1_024;

const UTF8_BY_ANOTHER_NAME =
  /;\s*charset\s*=\s*(["']?)\s*(?:utf-?8|unicode-1-1-utf-8|unicode11utf8|unicode20utf8|x-unicode20utf8)\s*\1\s*(?=;|$)/i;

const parseAnonymous = express.json({ limit: ANONYMOUS_MAX, type: "application/json", inflate: true });
const parseSignedIn = express.json({ limit: SIGNED_IN_MAX, type: "application/json", inflate: true });

/** Reads a JSON body of at most 16 KiB; anything that does not call itself application/json is 415. */
export const smallJsonBody: RequestHandler = (req, res, next) => {
  mustBeJson(req);
  parseAnonymous(req, res, next);
};

/** Reads a JSON body of at most 1 MiB from a signed-in reader, whose token is validated first, and of at most 16 KiB from others. */
export function createJsonBody({ signedIn }: Pick<Authenticate, "signedIn">): RequestHandler {
  return async (req, res, next) => {
    mustBeJson(req);
    if (mayBeLarge(req) && bearerToken(req) !== undefined) {
      await signedIn(req);
      parseSignedIn(req, res, next);
    } else parseAnonymous(req, res, next);
  };
}

/** A body only where there is one. */
export function optional(body: RequestHandler): RequestHandler {
  return ((req, res, next) => (isEmpty(req) ? next() : body(req, res, next))) satisfies RequestHandler;
}

function mustBeJson(req: Request): void {
  if (req.is("application/json") === false || req.headers["content-type"] === undefined)
    throw new HttpRefusal(415, "UNSUPPORTED_MEDIA_TYPE", "the body must be application/json");
  nameUtf8(req);
}

/** UTF-8 by another of its names (https://encoding.spec.whatwg.org/#names-and-labels) is written as the parser knows it. */
export function nameUtf8({ headers }: Request): void {
  headers["content-type"] = headers["content-type"]?.replace(UTF8_BY_ANOTHER_NAME, "; charset=utf-8");
}

function mayBeLarge({ headers }: Request): boolean {
  return headers["content-encoding"] !== undefined || !(Number(headers["content-length"]) <= ANONYMOUS_MAX);
}

function isEmpty({ headers }: Request): boolean {
  return headers["transfer-encoding"] === undefined && Number(headers["content-length"] ?? 0) === 0;
}

/** 200, or another success, with `{"message":"OK","data":…}`. */
export function sendOk(res: Response, data: unknown, status = 200): void {
  res.statusCode = status;
  res.setHeader("Content-Type", "application/json; charset=utf-8");
  res.setHeader("Cache-Control", "no-store");
  res.end(JSON.stringify({ message: "OK", data }));
}
