import type { Metrics } from "./metrics.js";

/** Observes a call of a dependency: the operation, `ok` or the failure's code, and the duration. */
export type ObserveDependency = (operation: string, outcome: string, ms: number) => void;

/** Duration and failures of calls to dependencies. */
export function countDependencies(metrics: Metrics): (dependency: string) => ObserveDependency {
  const timings = metrics.timing({
    name: "headline_dependency_seconds",
    help: "How long calls of a dependency took, failed ones included",
    labels: ["dependency", "operation"],
  });
  const failures = metrics.counter({
    name: "headline_dependency_failures_total",
    help: "Calls that a dependency failed, by what it failed with",
    labels: ["dependency", "operation", "reason"],
  });
  return (dependency) => {
    const own = new Map<string, ReturnType<typeof timings.of>>();
    return (operation, outcome, ms) => {
      let timing = own.get(operation);
      if (timing === undefined) {
        timing = timings.of(dependency, operation);
        own.set(operation, timing);
      }
      timing.observeMs(ms);
      if (outcome !== "ok") failures.of(dependency, operation, outcome).add();
    };
  };
}
