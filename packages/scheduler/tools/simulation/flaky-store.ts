import type { ExecutionLog, JobStore } from "../../src/core/job-store.js";
import type { VirtualClock } from "../../src/simulation/virtual-clock.js";
import type { Random } from "../../src/triggers/trigger.js";
import type { NodeClock } from "./node-clock.js";

export interface Flakiness {
  /** Share of calls that fail and were not executed. */
  failing: number;
  /** Share of calls that were executed and whose result was lost. */
  resultLost: number;
  latencyMs: number;
}

/**
 * Simulates a store behind a network: every call takes time, may fail, and may be executed although it failed. Calls of a
 * killed process still arrive; their results do not.
 */
export function flakyStore(
  store: JobStore,
  world: VirtualClock,
  node: NodeClock,
  random: Random,
  how: Flakiness,
): JobStore {
  const call = <T>(run: () => T | Promise<T>): Promise<T> =>
    new Promise((resolve, reject) => {
      const fate = random();
      const thereMs = Math.floor(random() * how.latencyMs);
      const backMs = Math.floor(random() * how.latencyMs);
      const answer = (settle: () => void) => node.setTimer(backMs, settle);
      world.setTimer(thereMs, () => {
        if (fate < how.failing) answer(() => reject(new Error("the store did not hear")));
        else if (fate < how.failing + how.resultLost) {
          void run();
          answer(() => reject(new Error("the store's answer was lost")));
        } else {
          try {
            const value = run() as T; // the memory store is synchronous
            answer(() => resolve(value));
          } catch (error) {
            answer(() => reject(error as Error));
          }
        }
      });
    });
  return {
    shared: true,
    start: () => {},
    migrate: () => {},
    close: () => {},
    now: () => call(() => store.now()),
    insert: (job) => call(() => store.insert(job)),
    get: (id) => call(() => store.get(id)),
    list: (query) => call(() => store.list(query)),
    update: (job) => call(() => store.update(job)),
    remove: (id) => call(() => store.remove(id)),
    removeAll: () => call(() => store.removeAll()),
    claimDue: (request) => call(() => store.claimDue(request)),
    dispatch: (requests) => call(() => store.dispatch(requests)),
    releaseClaims: (claims) => call(() => store.releaseClaims(claims)),
    report: (reports) => call(() => store.report(reports)),
    renew: (keys, leaseMs) => call(() => store.renew(keys, leaseMs)),
    reclaim: (request) => call(() => store.reclaim(request)),
    releaseInstances: (keys) => call(() => store.releaseInstances(keys)),
    requestCancel: (executionId) => call(() => store.requestCancel(executionId)),
    executions: flakyLog(store.executions, call),
    heartbeat: (beat) => call(() => store.heartbeat(beat)),
    nodes: () => call(() => store.nodes()),
    removeNode: (id) => call(() => store.removeNode(id)),
    subscribe: () => () => {}, // wake-ups are lost as well: polling alone must do
  };
}

function flakyLog(log: ExecutionLog, call: <T>(run: () => T | Promise<T>) => Promise<T>): ExecutionLog {
  return {
    get: (id) => call(() => log.get(id)),
    list: (query) => call(() => log.list(query)),
    durations: (ids) => call(() => log.durations(ids)),
    countActive: (ids) => call(() => log.countActive(ids)),
    deleteBefore: (before, limit) => call(() => log.deleteBefore(before, limit)),
    ...(log.addEnded === undefined ? {} : { addEnded: (executions) => call(() => log.addEnded!(executions)) }),
  };
}
