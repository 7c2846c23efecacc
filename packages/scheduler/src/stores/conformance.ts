import { claimCases } from "./conformance/claims.js";
import { jobCases } from "./conformance/jobs.js";
import type { ConformanceCase, OpenedStore } from "./conformance/kit.js";
import { leaseCases } from "./conformance/leases.js";
import { runCases } from "./conformance/runs.js";

export type { ConformanceCase, OpenedStore } from "./conformance/kit.js";

/**
 * What every job store must do, as cases for any test runner:
 *
 *     for (const { name, run } of jobStoreConformance(openMyStore)) test(name, run);
 *
 * `open` gives each case a store with nothing in it.
 */
export function jobStoreConformance(open: () => Promise<OpenedStore>): ConformanceCase[] {
  return Object.entries({ ...jobCases, ...claimCases, ...runCases, ...leaseCases }).map(([name, check]) => ({
    name,
    async run() {
      const opened = await open();
      try {
        await check(opened);
      } finally {
        await opened.close();
      }
    },
  }));
}
