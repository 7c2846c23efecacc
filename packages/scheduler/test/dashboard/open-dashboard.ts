import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import express from "express";
import type { SchedulerOptions } from "../../src/core/scheduler-options.js";
import { type Dashboard, type DashboardOptions, dashboard } from "../../src/dashboard/dashboard.js";
import { Scheduler } from "../../src/scheduler/scheduler.js";

export interface OpenDashboard extends AsyncDisposable {
  readonly scheduler: Scheduler;
  readonly router: Dashboard;
  /** Address of the dashboard, such as http://127.0.0.1:1234/scheduler. */
  readonly url: string;
  readonly origin: string;
}

const quiet = { debug() {}, info() {}, warn() {}, error() {} };

/** Opens a running scheduler and its dashboard on a port of this machine. */
export async function openDashboard(
  options: DashboardOptions = {},
  { mountedAt = "/scheduler", ...schedulerOptions }: SchedulerOptions & { mountedAt?: string } = {},
): Promise<OpenDashboard> {
  const scheduler = new Scheduler({ timezone: "Europe/Berlin", logger: quiet, ...schedulerOptions });
  await scheduler.start();
  const router = dashboard(scheduler, options);
  const app = express();
  app.use(mountedAt, router);
  const server = createServer(app).listen(0, "127.0.0.1");
  await once(server, "listening");
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    scheduler,
    router,
    origin,
    url: origin + mountedAt.replace(/\/$/, ""),
    async [Symbol.asyncDispose]() {
      router.close();
      server.closeIdleConnections();
      const closed = once(server, "close");
      server.close();
      await scheduler.shutdown({ wait: false });
      server.closeAllConnections();
      await closed;
    },
  };
}
