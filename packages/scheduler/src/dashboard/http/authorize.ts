import type { Request, RequestHandler, Response } from "express";
import { HttpProblem } from "./problem.js";

export const ACTIONS = ["pause", "resume", "run", "reschedule", "remove", "cancel"] as const;

/** Action that a visitor asks for. */
export type DashboardAction = "view" | (typeof ACTIONS)[number];

/** Answer of `authorize`: true or a user allows; false is 403; a challenge, such as `Basic realm="jobs"`, is 401. */
export type Authorization = boolean | { readonly user: string } | { readonly challenge: string };

/** Function that decides whether a request may do an action. */
export type Authorize = (req: Request, action: DashboardAction) => Authorization | Promise<Authorization>;

/** Visitor of a request, with the actions that it may do. */
export interface Visitor {
  readonly user: string;
  readonly may: (action: DashboardAction) => Promise<boolean>;
}

const VISITOR = "schedulerDashboardVisitor";

/** Admits visitors who may see the dashboard, and stores the visitor with the response. */
export function admitVisitor(authorize: Authorize, readOnly: boolean): RequestHandler {
  return async (req, res, next) => {
    const user = permitted(await authorize(req, "view"), "view");
    const may = async (action: DashboardAction) => !readOnly && isYes(await authorize(req, action));
    res.locals[VISITOR] = { user, may } satisfies Visitor;
    next();
  };
}

export function visitorOf(res: Response): Visitor {
  return res.locals[VISITOR] as Visitor;
}

/** Throws unless the visitor may do the action. */
export async function mustBeAllowed(
  req: Request,
  authorize: Authorize,
  action: DashboardAction,
  readOnly: boolean,
): Promise<void> {
  if (readOnly) throw new HttpProblem({ status: 403, code: "READ_ONLY", detail: "this dashboard is read-only" });
  permitted(await authorize(req, action), action);
}

function permitted(answer: Authorization, action: DashboardAction): string {
  if (typeof answer === "object" && answer !== null && "challenge" in answer) {
    throw new HttpProblem({
      status: 401,
      code: "UNAUTHENTICATED",
      detail: "say who you are",
      challenge: answer.challenge,
    });
  }
  if (!isYes(answer))
    throw new HttpProblem({ status: 403, code: "PERMISSION_DENIED", detail: `you may not ${action} here` });
  return typeof answer === "object" ? answer.user : "";
}

function isYes(answer: Authorization): boolean {
  return answer === true || (typeof answer === "object" && answer !== null && "user" in answer);
}

const LOOPBACK_ADDRESS = /^(::1|(::ffff:)?127(\.\d{1,3}){3})$/;
const LOOPBACK_HOST = /^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d+)?$/i;

/**
 * Default of `authorize`: allows all actions to this machine alone. A request with proxy headers may come from elsewhere,
 * and a name other than localhost may belong to another site (DNS rebinding).
 */
export const onlyLoopback: Authorize = (req) =>
  LOOPBACK_ADDRESS.test(req.socket.remoteAddress ?? "") &&
  LOOPBACK_HOST.test(req.headers.host ?? "") &&
  req.headers["x-forwarded-for"] === undefined &&
  req.headers.forwarded === undefined;
