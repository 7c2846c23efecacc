import express, { type RequestHandler } from "express";
import { nameUtf8 } from "../http/json.js";
import { HttpRefusal } from "../http/problem.js";

const TYPES = ["application/json", "text/plain"];
/** A hundred exposures of ten articles fit, and browsers give no more to a beacon. */
const BODY_MAX = 64 * 1_024;
const parse = express.json({ limit: BODY_MAX, type: TYPES, inflate: true });

/** Reads JSON under its own name or as text/plain, which is what `navigator.sendBeacon` calls a string. */
export const beaconBody: RequestHandler = (req, res, next) => {
  if (!req.is(TYPES)) {
    next(new HttpRefusal(415, "UNSUPPORTED_MEDIA_TYPE", "the body must be JSON, as application/json or text/plain"));
    return;
  }
  nameUtf8(req);
  parse(req, res, next);
};
