import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { expect, test } from "@jest/globals";
import { runOracle } from "./run-oracle.js";

/** The cases lie beside the repository, where it was built; a checkout elsewhere has none. */
const FOLDER = resolve(import.meta.dirname, "../../../../../shared/oracle");

for (const file of ["dev.jsonl", "crontab_dev.jsonl", "behaviour_dev.jsonl", "fluent_dev.jsonl"]) {
  const path = resolve(FOLDER, file);
  if (existsSync(path)) {
    test(`every case of ${file} passes`, async () => {
      expect(await runOracle(readFileSync(path, "utf8"))).toMatchObject({ failures: [] });
    });
  } else {
    test.skip(`${file} is not beside this repository, so its cases are not run`, () => {});
  }
}

test("a wrong expectation is reported with what was expected and what happened", async () => {
  const line = { id: "x", kind: "cron", spec: { hour: 3 }, tz: "UTC", now: "2026-01-01T00:00:00Z", n: 1 };
  const lines = [
    { ...line, expected: ["2026-01-01T03:00:00Z"] },
    { ...line, id: "late", expected: ["2026-01-01T04:00:00Z"] },
    { ...line, id: "text", expected: ["2026-01-01T03:00:00Z"], str: "cron[hour='4']" },
    { id: "lax", kind: "cron", spec: { hour: 3 }, tz: "UTC", error: true },
  ];
  expect(await runOracle(lines.map((each) => JSON.stringify(each)).join("\n"))).toEqual({
    passed: 1,
    failures: [
      { id: "late", difference: "wall: expected [2026-01-01T04:00:00.000Z], actual [2026-01-01T03:00:00.000Z]" },
      { id: "text", difference: "text: expected cron[hour='4'], actual cron[hour='3']" },
      { id: "lax", difference: "expected an error, actual cron[hour='3']" },
    ],
  });
});
