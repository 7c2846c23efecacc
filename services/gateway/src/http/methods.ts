import type { Express, RequestHandler } from "express";
import { HttpRefusal } from "./problem.js";

/** Answers OPTIONS of every known path, and 405 to methods it does not have, both with Allow. Stands behind all routes. */
export function otherMethods(app: Express): RequestHandler {
  return (req, res, next) => {
    const allowed = methodsOf(app, req.path);
    if (allowed.length === 0) return next();
    res.setHeader("Allow", allowed.join(", "));
    if (req.method !== "OPTIONS")
      throw new HttpRefusal(405, "METHOD_NOT_ALLOWED", `${req.method} is not for this path, but ${allowed.join(", ")}`);
    res.status(204).end();
  };
}

interface Layer {
  readonly route?: { readonly methods: Readonly<Record<string, boolean>> };
  match(path: string): boolean;
}

function methodsOf(app: Express, path: string): string[] {
  const layers = (app.router as unknown as { stack: readonly Layer[] }).stack;
  const methods = new Set(
    layers.flatMap((layer) => (layer.route !== undefined && layer.match(path) ? Object.keys(layer.route.methods) : [])),
  );
  if (methods.size === 0) return [];
  const names = [...methods].map((method) => method.toUpperCase());
  return [...new Set([...names, ...(methods.has("get") ? ["HEAD"] : []), "OPTIONS"])].sort();
}
