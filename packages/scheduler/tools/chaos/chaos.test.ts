import { inFull, throwawayMysql, throwawayRedis } from "@headline/testkit";
import { expect, test } from "@jest/globals";
import { playChaos } from "./play-chaos.js";

const LEASE_MS = 2_000;

/** A few rounds of each; `npm run chaos -w packages/scheduler` plays fifty. */
test.each(["MySQL", "Redis"])(
  "killed and stopped schedulers on %s: nothing late is lost, nothing early starts twice, one instance is one",
  async (kind) => {
    await using server = kind === "MySQL" ? await throwawayMysql() : await throwawayRedis();
    const report = await playChaos({ url: server.url, rounds: inFull(3, 4), leaseMs: LEASE_MS });
    expect(report).toMatchObject({ lost: [], doubled: [], overlaps: [] });
    expect(report.starts).toBeGreaterThan(30);
  },
  180_000,
);
