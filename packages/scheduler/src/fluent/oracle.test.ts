import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { expect, test } from "@jest/globals";
import { runOracle } from "../oracle/run-oracle.js";

const CASES = [resolve("../shared/oracle/fluent_dev.jsonl"), resolve("../../../shared/oracle/fluent_dev.jsonl")].find(
  existsSync,
);

if (CASES === undefined) {
  test.skip("the cases of Python's schedule (skipped: ../shared/oracle/fluent_dev.jsonl is not here)", () => {});
} else {
  test("every case of Python's schedule 1.2.2 passes", async () => {
    const { passed, failures } = await runOracle(readFileSync(CASES, "utf8"));
    expect(failures).toEqual([]);
    expect(passed).toBe(88);
  });
}
