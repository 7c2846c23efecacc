import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import { root } from "../lib/root.js";
import { DOCUMENTED_TABLES } from "./documented-tables.js";

test.each(Object.entries(DOCUMENTED_TABLES))("the table of %s is what the code declares", (file, withTables) => {
  const page = readFileSync(join(root, file), "utf8");
  expect(withTables(page)).toBe(page);
});

test("a page without a place for its table is refused", () => {
  expect(() => DOCUMENTED_TABLES["docs/jobs.md"]?.("# Jobs")).toThrow("the page has no table of jobs");
});
