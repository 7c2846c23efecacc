import { Refusal } from "@headline/service/errors";
import { Slots } from "@headline/service/slots";
import type { Request, RequestHandler, Response } from "express";
import { onceOver } from "./exchanges.js";
import { refusalSender } from "./problem.js";

interface Options {
  /** Limit of requests in flight. */
  readonly max: number;
  /** Limit for an answer, from when the whole request is here. */
  readonly budgetMs: number;
  /** Limit for a request to arrive and its answer to leave, together; two minutes by default. */
  readonly exchangeMaxMs?: number;
}

interface Waiting {
  readonly res: Response;
  readonly startedMs: number;
  sinceMs: number;
}

const refuseFull = refusalSender(new Refusal("UNAVAILABLE", "too many requests are being answered right now"));
const refuseSlow = refusalSender(new Refusal("UNAVAILABLE", "the answer took too long"));
const LOOK_EVERY_MS = 50;
/** A client that takes longer than that over its request and the answer is cut, however steadily it drips. */
const EXCHANGE_MAX_MS = 120_000;

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
export function admission({ max, budgetMs, exchangeMaxMs = EXCHANGE_MAX_MS }: Options): RequestHandler {
  const inFlight = new Slots<Waiting>();
  setInterval(() => refuseLate(inFlight, { budgetMs, exchangeMaxMs }), LOOK_EVERY_MS).unref();
  return (_req, res, next) => {
    if (inFlight.size >= max) {
      refuseFull(res);
      return;
    }
    const nowMs = performance.now();
    const place = inFlight.put({ res, startedMs: nowMs, sinceMs: nowMs });
    onceOver(res, () => inFlight.take(place));
    next();
  };
}

function refuseLate(
  inFlight: Iterable<Waiting>,
  { budgetMs, exchangeMaxMs }: { budgetMs: number; exchangeMaxMs: number },
): void {
  const nowMs = performance.now();
  for (const waiting of inFlight) {
    if (nowMs - waiting.startedMs >= exchangeMaxMs) {
      waiting.res.req.socket.destroy();
      continue;
    }
    if (nowMs - waiting.sinceMs < budgetMs) continue;
    if (waiting.res.req.complete && !waiting.res.headersSent) refuseSlow(waiting.res);
    // Others wait for the client: the server's own timeouts are for them, and what is still arriving begins anew.
    waiting.sinceMs = nowMs;
  }
}
