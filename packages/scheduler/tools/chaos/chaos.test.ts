import { inFull } from "@headline/testkit";
import { expect, test } from "@jest/globals";
import { throwawayStore } from "./open-store.js";
import { playChaos } from "./play-chaos.js";

const LEASE_MS = 2_000;

/** A few rounds of each; `npm run chaos -w packages/scheduler` plays fifty. */
test.each(["sqlite", "mysql", "redis"] as const)(
  "killed and stopped schedulers on %s: nothing late is lost, nothing early starts twice, one instance is one",
  async (kind) => {
    await using server = await throwawayStore(kind);
    const report = await playChaos({ url: server.url, rounds: inFull(3, 4), leaseMs: LEASE_MS });
    expect(report).toMatchObject({ lost: [], doubled: [], overlaps: [] });
    expect(report.starts).toBeGreaterThan(30);
  },
  180_000,
);
