import { createServer, IncomingMessage, type Server, ServerResponse } from "node:http";
import type { Express } from "express";

/**
 * An HTTP server whose requests and responses are born with the prototypes that express would give them. Express swaps the
 * prototype of both on every request, which costs V8 its inline caches: born right, the swap changes nothing, and the whole
 * request is about twice as fast (docs/decisions/0004-express-with-preset-prototypes.md).
 *
 * Slow clients are cut: headers within 5 s, the request within 10 s; Node's own limits let a dripping one hold on for 87 s.
 */
export function createPresetServer(app: Express): Server {
  const Request = bornAs(IncomingMessage, app.request);
  const Response = bornAs(ServerResponse, app.response);
  return createServer(
    {
      IncomingMessage: Request as unknown as typeof IncomingMessage,
      ServerResponse: Response as unknown as typeof ServerResponse,
      headersTimeout: 5_000,
      requestTimeout: 10_000,
      keepAliveTimeout: 65_000,
      connectionsCheckingInterval: 1_000,
      maxHeaderSize: 16_384,
    },
    app,
  );
}

/** A constructor like `Base` whose instances have `prototype`, which inherits from Base's. */
function bornAs<Base extends abstract new (...args: never[]) => object>(Base: Base, prototype: object) {
  function Born(...args: never[]) {
    return Reflect.construct(Base, args, Born);
  }
  Born.prototype = prototype;
  return Born;
}
