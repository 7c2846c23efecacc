import { html } from "@headline/service/html";
import type { RequestHandler } from "express";
import { document } from "../http/document.js";
import { pageHeader } from "../http/page-header.js";
import type { Health } from "./health-check.js";
import { healthHtml } from "./health-html.js";

const REFRESH_SECONDS = 5;

/** GET /health: every process and dependency at a glance. It is read again every 5 s, unless ?refresh=0. */
export function healthPage(checkHealth: () => Promise<Health>): RequestHandler {
  return async (req, res) => {
    const refreshes = req.query["refresh"] !== "0";
    const health = await checkHealth();
    if (refreshes) res.setHeader("Refresh", String(REFRESH_SECONDS));
    document(res, 200, "Health", html`${pageHeader("health")}<main>${healthHtml(health, refreshes)}</main>`);
  };
}
