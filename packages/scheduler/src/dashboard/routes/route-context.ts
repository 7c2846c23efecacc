import type { Request } from "express";
import type { DashboardScheduler } from "../dashboard-scheduler.js";
import type { Authorize } from "../http/authorize.js";
import type { CsrfGuard } from "../http/csrf.js";
import type { PageLink } from "../pages/parts.js";
import type { Summary } from "../reading/summary.js";

/** Context that the routes of a dashboard share. */
export interface RouteContext {
  readonly scheduler: DashboardScheduler;
  readonly title: string;
  readonly links: readonly PageLink[];
  /** Path of the dashboard in browsers. */
  readonly baseOf: (req: Request) => string;
  readonly guard: CsrfGuard;
  readonly authorize: Authorize;
  readonly readOnly: boolean;
  readonly currentSummary: () => Promise<Summary>;
}
