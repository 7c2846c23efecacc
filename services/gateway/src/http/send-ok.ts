import type { Response } from "express";

/** Sends `{"message":"OK","data":…}` with 200 or another success. */
export function sendOk(res: Response, data: unknown, status = 200): void {
  res.statusCode = status;
  res.setHeader("Content-Type", "application/json; charset=utf-8");
  res.setHeader("Cache-Control", "no-store");
  res.end(JSON.stringify({ message: "OK", data }));
}
