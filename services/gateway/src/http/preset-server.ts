import { createServer, IncomingMessage, type Server, ServerResponse } from "node:http";
import express, { type Express } from "express";
import { refuseUnreadable } from "./refuse-unreadable.js";

/**
 * An HTTP server whose requests and responses are born with the prototypes that express gives them. Express swaps the prototype of
 * both on every request, which costs V8 its inline caches; where the prototype already is the right one, the swap changes nothing,
 * and a request costs a quarter (docs/decisions/0004-express-with-preset-prototypes.md).
 *
 * Slow clients are cut: headers within 5 s, the request within 10 s, and a connection on which nothing moves for
 * `stallTimeoutMs` while an answer is owed, because its client does not read. Node's own limits let a dripping one hold on for
 * 87 s, and one that does not read for ever.
 */
export function createPresetServer(app: Express, { stallTimeoutMs }: { stallTimeoutMs: number }): Server {
  // Classes, because V8 lays out what `super()` builds well ahead; the same through Reflect.construct is slower than no trick at all.
  class PresetRequest extends IncomingMessage {}
  class PresetResponse extends ServerResponse {}
  app.request = asPrototypeOf(app, PresetRequest.prototype, express.request);
  app.response = asPrototypeOf(app, PresetResponse.prototype, express.response);
  const server = createServer(
    {
      IncomingMessage: PresetRequest,
      ServerResponse: PresetResponse,
      headersTimeout: 5_000,
      requestTimeout: 10_000,
      keepAliveTimeout: 65_000,
      connectionsCheckingInterval: 1_000,
      maxHeaderSize: 16_384,
    },
    app,
  );
  server.timeout = stallTimeoutMs;
  server.on("clientError", refuseUnreadable);
  return server;
}

/** Object that express() makes for itself, with a given prototype: it inherits express's methods and knows its app. */
function asPrototypeOf<Prototype extends object>(app: Express, own: object, methods: Prototype): Prototype {
  Object.setPrototypeOf(own, methods);
  Object.defineProperty(own, "app", { configurable: true, enumerable: true, writable: true, value: app });
  return own as Prototype;
}
