import { Refusal } from "@headline/errors";
import type { RequestHandler } from "express";
import { sendRefusal } from "./problem.js";

const FULL = new Refusal("UNAVAILABLE", "too many requests are being answered right now", { retryAfterSeconds: 1 });

/** Refuses what comes beyond `max` requests in flight at once with 503, instead of letting everybody wait. */
export function admission(max: number): RequestHandler {
  let inFlight = 0;
  const leave = () => {
    inFlight -= 1;
  };
  return (_req, res, next) => {
    if (inFlight >= max) {
      sendRefusal(res, FULL);
      return;
    }
    inFlight += 1;
    res.once("close", leave);
    next();
  };
}
