import { Refusal } from "@headline/errors";
import { Slots } from "@headline/slots";
import type { Request, RequestHandler, Response } from "express";
import { sendRefusal } from "./problem.js";

interface Options {
  /** How many requests are answered at once. */
  readonly max: number;
  /** How long an answer may take from when the whole request is here. */
  readonly budgetMs: number;
}

interface Waiting {
  readonly res: Response;
  sinceMs: number;
}

const FULL = new Refusal("UNAVAILABLE", "too many requests are being answered right now", { retryAfterSeconds: 1 });
const TOO_SLOW = new Refusal("UNAVAILABLE", "the answer took too long", { retryAfterSeconds: 1 });
const LOOK_EVERY_MS = 50;

/** Of the places, how many requests with a body may have. */
const WITH_BODY_SHARE = 0.25;

/** Requests with a body, which can take their time to arrive, have places of their own: however many drip in, readers have theirs. */
export function admissionByKind(max: number, budgetMs: number): RequestHandler {
  const plain = admission({ max, budgetMs });
  const withBody = admission({ max: Math.ceil(max * WITH_BODY_SHARE), budgetMs });
  return (req, res, next) => (carriesBody(req) ? withBody : plain)(req, res, next);
}

function carriesBody({ headers }: Request): boolean {
  return headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) > 0;
}

/**
 * Refuses what comes beyond `max` requests in flight with 503, instead of letting everybody wait; and answers 503 for what is
 * not answered within its budget, whatever it waits for.
 */
export function admission({ max, budgetMs }: Options): RequestHandler {
  const inFlight = new Slots<Waiting>();
  setInterval(() => refuseLate(inFlight, budgetMs), LOOK_EVERY_MS).unref();
  return (_req, res, next) => {
    if (inFlight.size >= max) {
      sendRefusal(res, FULL);
      return;
    }
    const place = inFlight.put({ res, sinceMs: performance.now() });
    res.once("close", () => inFlight.take(place));
    next();
  };
}

function refuseLate(inFlight: Iterable<Waiting>, budgetMs: number): void {
  const nowMs = performance.now();
  for (const waiting of inFlight) {
    if (nowMs - waiting.sinceMs < budgetMs) continue;
    if (waiting.res.req.complete && !waiting.res.headersSent) sendRefusal(waiting.res, TOO_SLOW);
    // Others wait for the client: the server's own timeouts are for them, and what is still arriving begins anew.
    waiting.sinceMs = nowMs;
  }
}
