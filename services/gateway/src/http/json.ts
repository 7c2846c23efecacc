import express, { type RequestHandler, type Response } from "express";
import { HttpRefusal } from "./problem.js";

const BODY_MAX = "1mb";
const parse = express.json({ limit: BODY_MAX, type: "application/json", inflate: true });

/** Reads a JSON body of at most 1 MiB; anything that does not call itself application/json is 415. */
export const jsonBody: RequestHandler = (req, res, next) => {
  if (req.is("application/json") === false || req.headers["content-type"] === undefined) {
    next(new HttpRefusal(415, "UNSUPPORTED_MEDIA_TYPE", "the body must be application/json"));
    return;
  }
  parse(req, res, next);
};

/** 200, or another success, with `{"message":"OK","data":…}`. */
export function sendOk(res: Response, data: unknown, status = 200): void {
  res.statusCode = status;
  res.setHeader("Content-Type", "application/json; charset=utf-8");
  res.setHeader("Cache-Control", "no-store");
  res.end(JSON.stringify({ message: "OK", data }));
}
