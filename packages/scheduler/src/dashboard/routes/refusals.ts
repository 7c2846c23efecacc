import type { ErrorRequestHandler, Request } from "express";
import { ASSET_VERSION } from "../assets.js";
import { type Problem, problemOf, sendProblem } from "../http/problem.js";
import { refusalPage } from "../pages/refusal-page.js";
import { sendHtml } from "./visit.js";

interface RefusalOptions {
  readonly title: string;
  readonly baseOf: (req: Request) => string;
  readonly onError: ((error: unknown) => void) | undefined;
}

/** Sends every refusal: problem+json from the API, a page for browsers. */
export function refusals({ title, baseOf, onError }: RefusalOptions): ErrorRequestHandler {
  return (error, req, res, _next) => {
    const problem: Problem = problemOf(error);
    if (problem.status === 500) onError?.(error);
    if (res.headersSent) {
      res.destroy();
      return;
    }
    const forBrowser = !/^\/(api|events)(\/|$)/.test(req.path) && req.accepts(["json", "html"]) === "html";
    if (!forBrowser) return sendProblem(res, problem);
    if (problem.challenge !== undefined) res.set("WWW-Authenticate", problem.challenge);
    const place = { base: baseOf(req), title, assetVersion: ASSET_VERSION };
    sendHtml(res.status(problem.status), refusalPage(place, problem));
  };
}
