import type { Request } from "express";
import { invalid } from "./read.js";

const IDEMPOTENCY_KEY = /^[\x21-\x7e]{1,255}$/;

/** The request's Idempotency-Key, if it has one. @throws Refusal INVALID_ARGUMENT naming the header. */
export function idempotencyKey(req: Request): string | undefined {
  const key = req.headers["idempotency-key"];
  if (key === undefined) return undefined;
  if (typeof key === "string" && IDEMPOTENCY_KEY.test(key)) return key;
  throw invalid("Idempotency-Key", "must have 1 to 255 printable ASCII characters");
}
