import { Refusal } from "@headline/errors";
import type { RequestHandler, Response } from "express";
import { sendRefusal } from "./problem.js";

interface Options {
  /** How many requests are answered at once. */
  readonly max: number;
  /** How long an answer may take from when the whole request is here. */
  readonly budgetMs: number;
}

const FULL = new Refusal("UNAVAILABLE", "too many requests are being answered right now", { retryAfterSeconds: 1 });
const TOO_SLOW = new Refusal("UNAVAILABLE", "the answer took too long", { retryAfterSeconds: 1 });
const LOOK_EVERY_MS = 50;

/**
 * Refuses what comes beyond `max` requests in flight with 503, instead of letting everybody wait; and answers 503 for what is
 * not answered within its budget, whatever it waits for.
 */
export function admission({ max, budgetMs }: Options): RequestHandler {
  /** Since when each waits, the oldest first. */
  const inFlight = new Map<Response, number>();
  setInterval(() => refuseLate(inFlight, budgetMs), LOOK_EVERY_MS).unref();
  function leave(this: Response) {
    inFlight.delete(this);
  }
  return (_req, res, next) => {
    if (inFlight.size >= max) {
      sendRefusal(res, FULL);
      return;
    }
    inFlight.set(res, performance.now());
    res.once("close", leave);
    next();
  };
}

function refuseLate(inFlight: Map<Response, number>, budgetMs: number): void {
  const nowMs = performance.now();
  for (const [res, sinceMs] of inFlight) {
    if (nowMs - sinceMs < budgetMs) break;
    if (res.req.complete && !res.headersSent) sendRefusal(res, TOO_SLOW);
    // Others wait for the client: the server's own timeouts are for them, and what is still arriving begins anew.
    inFlight.delete(res);
    inFlight.set(res, nowMs);
  }
}
