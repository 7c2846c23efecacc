import { inFull, noPostgres } from "@headline/testkit";
import { describe, expect, test } from "@jest/globals";
import { throwawayStore } from "./open-store.js";
import { playChaos } from "./play-chaos.js";

const LEASE_MS = 2_000;

/** A few rounds of each; `npm run chaos -w packages/scheduler` plays fifty. */
describe.each(["sqlite", "mysql", "postgres", "redis"] as const)("killed and stopped schedulers on %s", (kind) => {
  const onStore = kind === "postgres" && noPostgres !== undefined ? test.skip : test;

  onStore("lose nothing late, start nothing early twice, and one instance is one", async () => {
    await using server = await throwawayStore(kind);
    const report = await playChaos({ url: server.url, rounds: inFull(3, 4), leaseMs: LEASE_MS });
    expect(report).toMatchObject({ lost: [], doubled: [], overlaps: [] });
    expect(report.starts).toBeGreaterThan(30);
  });
});
