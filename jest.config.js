import { availableParallelism } from "node:os";

/** `npm run test:unit`, `test:perf` and `test:long` set it; `npm test` does not. The first also passes the files that it wants. */
const mode = process.env.HEADLINE_TEST_MODE;
/** Workers wait for servers most of the time: on two cores, two of them and the servers used 1.15. */
const WORKERS_MIN = 3;
const FIGURES = "\\.perf\\.test\\.ts$";

/** One runner for the whole workspace: `npm test -- feed` runs the tests whose path says feed. */
export default {
  testEnvironment: "node",
  // Packages resolve to their sources. Never add "import": it breaks Jest's own CommonJS.
  testEnvironmentOptions: { customExportConditions: ["headline-source", "node", "node-addons"] },
  roots: ["<rootDir>/packages", "<rootDir>/services", "<rootDir>/bench", "<rootDir>/tools"],
  testMatch: mode === "perf" ? ["**/*.perf.test.ts"] : ["**/*.test.ts"],
  testPathIgnorePatterns: ["/node_modules/", "/dist/", ...(mode === "perf" ? [] : [FIGURES])],
  modulePathIgnorePatterns: ["/dist/"],
  // Not in the folder for temporary files, which goes with the run.
  cacheDirectory: "<rootDir>/node_modules/.cache/jest",
  extensionsToTreatAsEsm: [".ts"],
  moduleNameMapper: { "^(\\.{1,2}/.*)\\.js$": "$1" },
  transform: {
    "^.+\\.ts$": [
      "@swc/jest",
      {
        jsc: {
          parser: { syntax: "typescript", decorators: true, explicitResourceManagement: true },
          transform: { decoratorVersion: "2022-03" },
          target: "es2022",
        },
        // An import() stays one also in the set-up of a run, which Jest loads as CommonJS.
        module: { type: "es6", ignoreDynamic: true },
      },
    ],
  },
  globalSetup: "<rootDir>/packages/testkit/src/jest-global-setup.ts",
  globalTeardown: "<rootDir>/packages/testkit/src/jest-global-teardown.ts",
  // A limit for what hangs, wide enough for a machine that is busy elsewhere.
  testTimeout: 180_000,
  // What a test file loads stays in its worker: one that has grown is replaced between two files.
  workerIdleMemoryLimit: "1GB",
  // A worker with so much in memory takes a moment to leave; one that takes longer has something open, and Jest says so.
  workerGracefulExitTimeout: 10_000,
  maxWorkers: workers(),
};

/** Figures are measured with nothing beside them; unit tests share the machine with no server, and wait now and then. */
function workers() {
  if (mode === "perf") return 1;
  if (mode === "unit") return availableParallelism() + 1;
  return Math.max(WORKERS_MIN, availableParallelism() - 1);
}
