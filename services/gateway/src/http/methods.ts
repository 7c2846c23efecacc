import type { RequestHandler, Response } from "express";
import { HttpRefusal } from "./problem.js";
import type { Declaration } from "./route.js";

type Route = Pick<Declaration, "method" | "path">;

/** Whether a path has no parameter. */
export function isLiteral(path: string): boolean {
  return !path.includes(":");
}

/** Answers OPTIONS of every path of these routes, and 405 to methods it does not have, both with Allow. Stands behind the routes. */
export function otherMethods(routes: readonly Route[]): RequestHandler {
  const methodsOf = methodsByPath(routes);
  return (req, res, next) => {
    const methods = methodsOf(req.path);
    if (methods.length === 0) return next();
    answerOtherMethod(req.method, res, methods);
  };
}

/** Answers OPTIONS of a path. @throws HttpRefusal 405 with Allow for a method that the path does not have */
export function answerOtherMethod(method: string, res: Response, methods: readonly string[]): void {
  const allowed = [...new Set([...methods, ...(methods.includes("GET") ? ["HEAD"] : []), "OPTIONS"])].sort().join(", ");
  res.setHeader("Allow", allowed);
  if (method !== "OPTIONS")
    throw new HttpRefusal(405, "METHOD_NOT_ALLOWED", `${method} is not for this path, but ${allowed}`);
  res.status(204).end();
}

/** Finds paths as Express does: in any case, with a slash at the end or without. */
function methodsByPath(routes: readonly Route[]): (path: string) => readonly string[] {
  const literal = new Map<string, string[]>();
  const patterns = new Map<string, { readonly pattern: RegExp; readonly methods: string[] }>();
  for (const { method, path } of routes) {
    const known = isLiteral(path) ? (literal.get(path) ?? []) : (patterns.get(path)?.methods ?? []);
    known.push(method.toUpperCase());
    if (isLiteral(path)) literal.set(path, known);
    else patterns.set(path, { pattern: patternOf(path), methods: known });
  }
  return (path) =>
    literal.get(path.replace(/(?<=.)\/$/, "").toLowerCase()) ??
    [...patterns.values()].filter(({ pattern }) => pattern.test(path)).flatMap(({ methods }) => methods);
}

function patternOf(path: string): RegExp {
  return new RegExp(`^${path.replaceAll(/:\w+/g, "[^/]+")}/?$`, "i");
}
