import { describe, test } from "@jest/globals";
import { VirtualClock } from "../sim/virtual-clock.js";
import { jobStoreConformance } from "./conformance.js";
import { MemoryJobStore } from "./memory.js";

describe.each([false, true])("the memory store, shared: %s", (shared) => {
  for (const { name, run } of jobStoreConformance(async () => {
    const clock = new VirtualClock(Date.UTC(2026, 0, 1));
    const store = new MemoryJobStore({ clock, shared });
    return { store, ...(shared ? { second: store } : {}), advance: (ms) => clock.advance(ms), close: async () => {} };
  })) {
    test(name, run);
  }
});
