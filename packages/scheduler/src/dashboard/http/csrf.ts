import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import type { Request, Response } from "express";
import { textField } from "./body.js";
import { HttpProblem } from "./problem.js";

const COOKIE = "scheduler_csrf";
const HEADER = "x-csrf-token";
export const CSRF_FIELD = "_csrf";

/** Guard against requests that another site makes a browser send. */
export interface CsrfGuard {
  /** Returns the token of this browser and user; sets the cookie that it is bound to when there is none. */
  tokenFor(req: Request, res: Response, user: string): string;
  /** Throws a 403 unless the request comes from this origin with the token of its cookie. */
  check(req: Request, user: string): void;
}

/** Makes a guard whose token is an HMAC of cookie and user: a cookie planted by a neighbouring subdomain is useless without the secret. */
export function csrfGuard({
  secret,
  baseOf,
}: {
  secret: string | Buffer;
  baseOf: (req: Request) => string;
}): CsrfGuard {
  const tokenOf = (session: string, user: string) =>
    createHmac("sha256", secret).update(`scheduler dashboard\0${session}\0${user}`).digest("base64url");
  return {
    tokenFor(req, res, user) {
      const session = sessionOf(req) ?? newSession(req, res, baseOf(req) || "/");
      return tokenOf(session, user);
    },
    check(req, user) {
      mustBeSameOrigin(req);
      const session = sessionOf(req);
      const given = req.get(HEADER) ?? textField(req.body, CSRF_FIELD);
      if (session === undefined || given === undefined || !equal(given, tokenOf(session, user))) {
        throw refused("the form has expired or was not made by this dashboard; reload the page and try again");
      }
    },
  };
}

/** Checks the origin headers, which browsers set and scripts cannot forge; other clients send none. */
function mustBeSameOrigin(req: Request): void {
  const site = req.get("sec-fetch-site");
  if (site !== undefined) {
    if (site !== "same-origin") throw refused(`the request comes from another site (${site})`);
    return;
  }
  const origin = req.get("origin");
  if (origin !== undefined && hostOf(origin) !== req.host) throw refused("the request comes from another origin");
}

function hostOf(origin: string): string | undefined {
  return URL.canParse(origin) ? new URL(origin).host : undefined;
}

function sessionOf(req: Request): string | undefined {
  for (const part of (req.headers.cookie ?? "").split(";")) {
    const [name, value] = part.trim().split("=", 2);
    if (name === COOKIE && value !== undefined && /^[\w-]{22}$/.test(value)) return value;
  }
  return undefined;
}

function newSession(req: Request, res: Response, path: string): string {
  const session = randomBytes(16).toString("base64url");
  res.cookie(COOKIE, session, { httpOnly: true, sameSite: "strict", secure: req.secure, path });
  return session;
}

function equal(given: string, expected: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(expected)];
  return a.length === b.length && timingSafeEqual(a, b);
}

function refused(detail: string): HttpProblem {
  return new HttpProblem({ status: 403, code: "CSRF", detail });
}
