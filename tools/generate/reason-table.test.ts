import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { REASONS } from "@headline/recommender/reasons";
import { expect, test } from "@jest/globals";
import { Reason } from "../../packages/recommender/src/gen/headline/recommend/v1/recommend.js";
import { reasonTable, withReasons } from "./reason-table.js";

const read = (path: string) => readFileSync(fileURLToPath(new URL(`../../${path}`, import.meta.url)), "utf8");
const PROTO = read("proto/headline/recommend/v1/recommend.proto");

test("the committed reasons, and those of docs/http-api.md, are what recommend.proto declares", () => {
  expect(reasonTable(PROTO)).toBe(read("packages/recommender/src/reasons.ts"));
  const page = read("docs/http-api.md");
  expect(withReasons(page, PROTO)).toBe(page);
});

test("every reason of the enum has a number, a label in both languages and a meaning", () => {
  const numbers = Object.entries(Reason).filter(([, number]) => typeof number === "number" && number > 0);
  expect(Object.entries(REASONS).map(([name, { number }]) => [name.toUpperCase(), number])).toEqual(numbers);
});

test("a reason without a label is refused by name", () => {
  const unlabelled = PROTO.replace(/ {2}\/\/ Hot .*\n/, "  // Many readers reacted to it.\n");
  expect(() => reasonTable(unlabelled)).toThrow("REASON_HOT = 1; has no comment");
});
