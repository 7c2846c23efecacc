import { createLog } from "@headline/service/log";
import { eventually } from "@headline/testkit";
import {
  bearer,
  type Client,
  client,
  openWorld as openGatewayWorld,
  type World,
} from "../../gateway/test/open-world.js";
import { type JobsConfig, openJobs, type RunningJobs } from "../src/open-jobs.js";

export type { Client, World };
export { bearer, client, eventually };

const log = createLog({ name: "jobs", level: process.env["TEST_LOG"] ?? "silent" });

/** The gateway's world; static pages show the newest where no recommender is named. */
export const openWorld = openGatewayWorld;

/** A job service of that world, in this process. */
export function openJobsOf(world: World, config: Partial<JobsConfig> = {}): Promise<RunningJobs> {
  return openJobs({
    host: "127.0.0.1",
    port: 0,
    mysqlUrl: world.mysqlUrl,
    redisUrl: world.redis.url,
    recommenderAddress: "127.0.0.1:1",
    leaseMs: 2_000,
    limitTimeoutMs: 10_000,
    log,
    ...config,
  });
}
