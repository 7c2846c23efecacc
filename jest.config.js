import { availableParallelism } from "node:os";

/** Many tests wait for a server or a clock, so that two processors are kept busy by three workers. */
const WORKERS_MIN = 3;

/** One runner for the whole workspace: `npm test -- feed` runs the tests whose path says feed. */
export default {
  testEnvironment: "node",
  // Packages resolve to their sources. Never add "import": it breaks Jest's own CommonJS.
  testEnvironmentOptions: { customExportConditions: ["source", "node", "node-addons"] },
  roots: ["<rootDir>/packages", "<rootDir>/services", "<rootDir>/bench", "<rootDir>/scripts"],
  testMatch: ["**/*.test.ts"],
  testPathIgnorePatterns: ["/node_modules/", "/dist/"],
  modulePathIgnorePatterns: ["/dist/"],
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
        module: { type: "es6" },
      },
    ],
  },
  globalSetup: "<rootDir>/packages/testkit/src/jest-global-setup.mjs",
  globalTeardown: "<rootDir>/packages/testkit/src/jest-global-teardown.mjs",
  // A limit for what hangs, wide enough for a machine that is busy elsewhere.
  testTimeout: 60_000,
  maxWorkers: Math.max(WORKERS_MIN, availableParallelism() - 1),
};
