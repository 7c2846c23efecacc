import type { RequestHandler } from "express";

/** Answers while the process lives. */
export function healthz(): RequestHandler {
  return (_req, res) => void res.type("text/plain").end("ok\n");
}

/** Answers 200 while the gateway takes readers, else 503. */
export function readyz({ isReady }: { readonly isReady: () => boolean }): RequestHandler {
  return (_req, res) =>
    void res
      .status(isReady() ? 200 : 503)
      .type("text/plain")
      .end(isReady() ? "ready\n" : "not ready\n");
}
