import type { Request, RequestHandler, Response } from "express";
import { HttpProblem } from "./problem.js";

export const ACTIONS = ["pause", "resume", "run", "reschedule", "remove", "cancel"] as const;

/** What somebody wants to do. */
export type DashboardAction = "view" | (typeof ACTIONS)[number];

/** True or who it is: yes. False: 403. A challenge, such as `Basic realm="jobs"`: 401, and the browser asks who it is. */
export type Authorization = boolean | { readonly user: string } | { readonly challenge: string };

export type Authorize = (req: Request, action: DashboardAction) => Authorization | Promise<Authorization>;

/** Who asks, and what they may do. */
export interface Visitor {
  readonly user: string;
  readonly may: (action: DashboardAction) => Promise<boolean>;
}

const VISITOR = "schedulerDashboardVisitor";

/** Lets through who may see the dashboard at all, and remembers who it is. */
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

/** Throws unless this visitor may do it. */
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
 * Without `authorize`: only this machine, and everything. A request that came through a proxy is not from this machine
 * whatever its address says, and a name other than localhost may be another site's (DNS rebinding).
 */
export const onlyLoopback: Authorize = (req) =>
  LOOPBACK_ADDRESS.test(req.socket.remoteAddress ?? "") &&
  LOOPBACK_HOST.test(req.headers.host ?? "") &&
  req.headers["x-forwarded-for"] === undefined &&
  req.headers.forwarded === undefined;
