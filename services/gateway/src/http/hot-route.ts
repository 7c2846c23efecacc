import type { ErrorRequestHandler, Express, Request, RequestHandler, Response } from "express";
import type { MountedRoute } from "./mount.js";
import { notFound } from "./problem.js";

interface Layers {
  /** Handlers that every request passes on its way to the routes, in their order. */
  readonly ahead: readonly RequestHandler[];
  readonly onError: ErrorRequestHandler;
}

type Handle = (req: Request, res: Response, done: (error?: unknown) => void) => void;

/**
 * Serves a GET route without the router, which tries every layer and route in turn and makes closures for each. Requests pass the
 * same handlers in the same order, and have the same fields as the router gives them; whatever is not plainly for the route,
 * such as HEAD, another case of its path, or a path behind a host, is left to the router.
 */
export function serveHotRoute(app: Express, { path, handlers }: MountedRoute, { ahead, onError }: Layers): void {
  const route = { path, methods: { get: true } };
  const enterRoute: RequestHandler = (req, _res, next) => {
    req.route = route;
    next();
  };
  const walk = [...ahead, enterRoute, ...handlers, notFound];
  const withQuery = `${path}?`;
  const routed = (app as unknown as { handle: Handle }).handle.bind(app);
  const handle: Handle = (req, res, done) => {
    if (req.method !== "GET" || !(req.url.startsWith(withQuery) || req.url === path)) return routed(req, res, done);
    adopt(app, req, res);
    pass(walk, onError, req, res);
  };
  Object.assign(app, { handle });
}

/** Gives a request and its response the prototypes and fields that Express gives them. */
function adopt(app: Express, req: Request, res: Response): void {
  req.res = res;
  Object.setPrototypeOf(req, app.request);
  Object.setPrototypeOf(res, app.response);
  res.locals ??= Object.create(null) as Response["locals"];
  req.baseUrl = "";
  req.originalUrl ||= req.url;
  req.params = {};
}

/** Calls the handlers one after the other, as each calls `next`; what one throws or rejects with goes to `onError`. */
function pass(walk: readonly RequestHandler[], onError: ErrorRequestHandler, req: Request, res: Response): void {
  let at = 0;
  const fail = (error: unknown) => void onError(error ?? new Error("Rejected promise"), req, res, fail);
  const next = (error?: unknown) => {
    if (error !== undefined && error !== null) return fail(error);
    try {
      const done = walk[at++]?.(req, res, next) as unknown;
      if (done instanceof Promise) done.catch(fail);
    } catch (thrown) {
      fail(thrown);
    }
  };
  req.next = next;
  next();
}
