import express, { type RequestHandler } from "express";

/** Pictures may be kept for an hour; pages and their scripts are asked for again, so that nobody mixes two versions of them. */
const KEEP_PICTURES = "public, max-age=3600";
const ASK_AGAIN = "no-cache";
const PICTURE = /\.(svg|png|jpe?g|webp|avif|gif|ico)$/i;

/** Nothing of another site, no inline script, in nobody's frame. Covers may come from anywhere on the web. */
const CONTENT_SECURITY_POLICY =
  "default-src 'self'; img-src 'self' https: http: data:; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/** The files of a folder, as they are. */
export function staticFiles(folder: string): RequestHandler {
  return express.static(folder, {
    index: "index.html",
    cacheControl: false,
    setHeaders: (res, path) => {
      res.setHeader("Cache-Control", PICTURE.test(path) ? KEEP_PICTURES : ASK_AGAIN);
      res.setHeader("Content-Security-Policy", CONTENT_SECURITY_POLICY);
      res.setHeader("X-Content-Type-Options", "nosniff");
      res.setHeader("Referrer-Policy", "same-origin");
    },
  });
}
