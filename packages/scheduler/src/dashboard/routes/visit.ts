import type { Request, Response } from "express";
import { ASSET_VERSION } from "../assets.js";
import type { Html } from "../html.js";
import { ACTIONS, type DashboardAction, visitorOf } from "../http/authorize.js";
import { NOTICES } from "../pages/layout.js";
import type { Visit } from "../pages/parts.js";
import type { RouteContext } from "./route-context.js";

/** Makes the visit that a page is rendered for; sets the CSRF cookie when there is none. */
export async function openVisit(
  { scheduler, guard, links, title, baseOf }: RouteContext,
  req: Request,
  res: Response,
  here: string,
): Promise<Visit> {
  const visitor = visitorOf(res);
  const allowed = await Promise.all(ACTIONS.map(async (action) => ((await visitor.may(action)) ? [action] : [])));
  const notice = req.query["notice"];
  return {
    base: baseOf(req),
    title,
    links,
    timezone: scheduler.timezone,
    csrfToken: guard.tokenFor(req, res, visitor.user),
    user: visitor.user,
    allowed: new Set<DashboardAction>(allowed.flat()),
    stores: [...scheduler.stores.keys()],
    here,
    notice: typeof notice === "string" && Object.hasOwn(NOTICES, notice) ? NOTICES[notice] : undefined,
    assetVersion: ASSET_VERSION,
    schedulerState: scheduler.state,
  };
}

export function sendHtml(res: Response, page: Html): void {
  res.type("text/html; charset=utf-8").send(page.text);
}
