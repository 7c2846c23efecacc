import { constants } from "node:zlib";
import compression from "compression";
import type { RequestHandler } from "express";

/** Below this an answer fits in a packet, and compressing it costs more than it saves. */
const THRESHOLD_BYTES = 1_024;
/** The cheapest of each: JSON shrinks by most of what it can, and pages of a feed cost CPU on every request. */
const LEVEL = 1;
/** A window of 64 KiB holds a page, and bounds the memory of an answer being compressed. */
const WINDOW_BITS = 16;

/** A client that wants the plain bytes (RFC 9111, 5.2.1.6); an answer that says it is left as it is by the library. */
const NO_TRANSFORM = /(?:^|,)\s*no-transform\s*(?:,|$)/i;

/** Compresses answers of text for clients that accept it, outside the event loop. */
export function compress(): RequestHandler {
  const compressed = compression({
    threshold: THRESHOLD_BYTES,
    level: LEVEL,
    brotli: { params: { [constants.BROTLI_PARAM_QUALITY]: LEVEL, [constants.BROTLI_PARAM_LGWIN]: WINDOW_BITS } },
    filter: (req, res) =>
      res.statusCode !== 206 && // a range is of the plain bytes
      !NO_TRANSFORM.test(req.headers["cache-control"] ?? "") &&
      compression.filter(req, res),
  });
  return (req, res, next) => {
    if (req.headers["accept-encoding"] !== undefined) {
      compressed(req, res, next);
      return;
    }
    res.vary("Accept-Encoding");
    next();
  };
}
