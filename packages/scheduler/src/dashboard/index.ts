export { type Dashboard, type DashboardOptions, dashboard } from "./dashboard.js";
export { type DashboardScheduler, keepScheduler, schedulerOf } from "./dashboard-scheduler.js";
export type { Authorization, Authorize, DashboardAction } from "./http/authorize.js";
export type { PageLink } from "./pages/parts.js";
