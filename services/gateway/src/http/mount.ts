import type { Express, Request, RequestHandler, Response } from "express";
import type { Authenticate, Reader } from "./authenticate.js";
import { createBody } from "./body.js";
import { idempotencyKey } from "./idempotency-key.js";
import { isLiteral, otherMethods } from "./methods.js";
import { read } from "./read.js";
import type { Access, Call, Declaration, Story } from "./route.js";
import { sendOk } from "./send-ok.js";
import type { WriteLimits } from "./write-limits.js";

/** Deps that every route shares: authentication and rate limits. */
export interface Edge {
  readonly authenticate: Authenticate;
  readonly writeLimits: WriteLimits;
}

/** Route with its Express handlers, ready to be mounted. */
export interface MountedRoute extends Declaration {
  readonly handlers: readonly RequestHandler[];
}

type Input = Call<{ reader: Reader | undefined; params: unknown; query: unknown; body: unknown }>;

/** Makes the handlers of a story from its parts. */
export function bind<Deps>({ routes }: Story<Deps>, parts: Deps, edge: Edge): readonly MountedRoute[] {
  return routes.flatMap((route) => {
    const handler = route.raw === undefined ? answering(route, route.handler(parts), edge) : route.raw(parts);
    if (handler === undefined) return [];
    const body = route.body === undefined ? [] : [createBody(route.body, edge.authenticate)];
    return [{ ...route, handlers: [...body, handler] }];
  });
}

/** Registers the routes of probes. */
export function mountProbes(app: Express, routes: readonly MountedRoute[]): void {
  register(
    app,
    routes.filter(({ probe }) => probe),
  );
}

/**
 * Registers the other routes, and answers other methods of every path. Paths without parameters come first, so that none of them
 * is taken for an id, whatever the method.
 */
export function mountRoutes(app: Express, routes: readonly MountedRoute[]): void {
  const literal = routes.filter(({ path }) => isLiteral(path));
  register(
    app,
    literal.filter(({ probe }) => !probe),
  );
  app.use(otherMethods(literal));
  const patterns = routes.filter(({ path }) => !isLiteral(path));
  register(app, patterns);
  app.use(otherMethods(patterns));
}

function register(app: Express, routes: readonly MountedRoute[]): void {
  for (const { method, path, handlers } of routes) app[method](path, ...handlers);
}

function answering(route: Declaration, handle: (call: never) => unknown, edge: Edge): RequestHandler {
  const { answer } = route;
  if (!("data" in answer)) throw new TypeError(`${route.name} answers ${answer.type}, which needs a raw handler`);
  return async (req, res) => {
    const data = await handle((await readCall(route, edge, req, res)) as never);
    if (answer.location !== undefined) res.setHeader("Location", answer.location(data));
    sendOk(res, data, answer.status);
  };
}

/**
 * Reads a request as its route declares it. Authentication comes first where only readers are answered or writes are counted;
 * elsewhere a malformed request is refused before its token is read.
 */
async function readCall(route: Declaration, edge: Edge, req: Request, res: Response): Promise<Input> {
  const { access, rate } = route;
  if (access !== "signed-in" && rate === undefined) {
    const input = readInput(route, req);
    return { ...input, reader: await readerOf(access, edge.authenticate, req, res) };
  }
  const reader = await readerOf(access, edge.authenticate, req, res);
  if (rate !== undefined) await edge.writeLimits[rate]({ readerId: reader?.userId, address: req.ip });
  return { ...readInput(route, req), reader };
}

function readInput({ params, query, body, keyed }: Declaration, req: Request) {
  return {
    req,
    params: params && read(params, req.params, "path"),
    query: query && read(query, req.query, "query"),
    body: body === undefined || body.optional ? req.body : read(body.schema, req.body),
    key: keyed ? idempotencyKey(req) : undefined,
  };
}

function readerOf(
  access: Access,
  { anybody, signedIn }: Authenticate,
  req: Request,
  res: Response,
): Reader | undefined | Promise<Reader> {
  if (access === "signed-in") return signedIn(req);
  if (access === "guest") return anybody(req, res);
  return access === "optional" && req.headers.authorization !== undefined ? anybody(req, res) : undefined;
}
