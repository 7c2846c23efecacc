import express, { type RequestHandler } from "express";
import { HttpRefusal } from "../http/problem.js";

const TYPES = ["application/json", "text/plain"];
const parse = express.json({ limit: "1mb", type: TYPES, inflate: true });

/** Reads JSON under its own name or as text/plain, which is what `navigator.sendBeacon` calls a string. */
export const beaconBody: RequestHandler = (req, res, next) => {
  if (!req.is(TYPES)) {
    next(new HttpRefusal(415, "UNSUPPORTED_MEDIA_TYPE", "the body must be JSON, as application/json or text/plain"));
    return;
  }
  parse(req, res, next);
};
