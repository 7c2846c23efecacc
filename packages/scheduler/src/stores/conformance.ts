import { claimCases } from "./conformance/claims.js";
import { dispatchCases } from "./conformance/dispatch.js";
import { handingOverCases } from "./conformance/handing-over.js";
import { historyCases } from "./conformance/history.js";
import { jobCases } from "./conformance/jobs.js";
import type { Cases, ConformanceCase, OpenedStore } from "./conformance/kit.js";
import { leaseCases } from "./conformance/leases.js";
import { listingCases } from "./conformance/listing.js";
import { overlapCases } from "./conformance/overlap.js";
import { reportCases } from "./conformance/reports.js";

export type { ConformanceCase, OpenedStore } from "./conformance/kit.js";

const ALL: Cases = {
  ...jobCases,
  ...listingCases,
  ...claimCases,
  ...dispatchCases,
  ...reportCases,
  ...historyCases,
  ...leaseCases,
  ...handingOverCases,
  ...overlapCases,
};

/**
 * Conformance suite of job stores, as cases for any test runner:
 *
 *     for (const { name, run } of jobStoreConformance(openMyStore)) test(name, run);
 *
 * `open` gives each case a store with nothing in it. The cases may run one after the other or side by side.
 */
export function jobStoreConformance(open: () => Promise<OpenedStore>): ConformanceCase[] {
  return Object.entries(ALL).map(([name, check]) => ({
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
