import type { Express, RequestHandler, Response } from "express";
import { HttpRefusal } from "./problem.js";

/** Answers OPTIONS of every known path, and 405 to methods it does not have, both with Allow. Stands behind all routes. */
export function otherMethods(app: Express): RequestHandler {
  return (req, res, next) => {
    const methods = methodsOf(app, req.path);
    if (methods.size === 0) return next();
    answerOtherMethod(req.method, res, [...methods]);
  };
}

/** OPTIONS of a path, or a method that it does not have. @throws HttpRefusal 405 with Allow. */
export function answerOtherMethod(method: string, res: Response, methods: readonly string[]): void {
  const allowed = [...new Set([...methods, ...(methods.includes("GET") ? ["HEAD"] : []), "OPTIONS"])].sort().join(", ");
  res.setHeader("Allow", allowed);
  if (method !== "OPTIONS")
    throw new HttpRefusal(405, "METHOD_NOT_ALLOWED", `${method} is not for this path, but ${allowed}`);
  res.status(204).end();
}

interface Layer {
  readonly route?: { readonly path: string; readonly methods: Readonly<Record<string, boolean>> };
  match(path: string): boolean;
}

const PARAMETER = /[:*{]/;

/** Methods of the routes of a path; where one is named word for word, those with parameters are of other paths. */
function methodsOf(app: Express, path: string): ReadonlySet<string> {
  const layers = (app.router as unknown as { stack: readonly Layer[] }).stack;
  const routes = layers.flatMap((layer) => (layer.route !== undefined && layer.match(path) ? [layer.route] : []));
  const literal = routes.filter((route) => !PARAMETER.test(route.path));
  const methods = (literal.length > 0 ? literal : routes).flatMap((route) => Object.keys(route.methods));
  return new Set(methods.filter((method) => method !== "_all").map((method) => method.toUpperCase()));
}
