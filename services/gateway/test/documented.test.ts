import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { REASONS } from "@headline/recommender/reasons";
import { describe, expect, test } from "@jest/globals";
import { openApiDocument } from "../src/openapi/document.js";
import { STORIES } from "../src/routes.js";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
const read = (path: string) => readFileSync(join(ROOT, path), "utf8");
const PAGE = read("docs/http-api.md");

/** Everything in backticks in a piece of Markdown. */
const inBackticks = (text: string) => [...text.matchAll(/`([^`]+)`/g)].map(([, code = ""]) => code);
const sorted = (texts: Iterable<string>) => [...new Set(texts)].sort();

/** The text literals of a union type. */
function unionOf(path: string, name: string): string[] {
  const [, union = ""] = new RegExp(`type ${name} =([^;]*);`).exec(read(path)) ?? [];
  return [...union.matchAll(/"([A-Z_]+)"/g)].map(([, code = ""]) => code);
}

function* sourcesIn(folder: string): Iterable<string> {
  for (const entry of readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" }))
    if (entry.endsWith(".ts") && !entry.endsWith(".test.ts")) yield read(join(folder, entry));
}

/** Codes of problems that gateways answer with: refusals of every kind, and bugs. */
function codesInCode(): string[] {
  const written = [...sourcesIn("services/gateway/src")].flatMap((source) =>
    [...source.matchAll(/new HttpRefusal\(\s*[\w.]+,\s*"([A-Z_]+)"/g)].map(([, code = ""]) => code),
  );
  const refusals = unionOf("packages/service/src/errors/refusal.ts", "RefusalCode");
  const conflicts = unionOf("packages/newsroom/src/orders/order-conflict.ts", "ConflictCode");
  return [...refusals, ...conflicts, ...written, "INTERNAL"];
}

describe("docs/http-api.md names", () => {
  test("every code that a problem may have, and no other", () => {
    const [, table = ""] = /## Errors\n([\s\S]*?)\n###/.exec(PAGE) ?? [];
    const rows = table.split("\n").filter((line) => /^\| \d/.test(line));
    const documented = rows.flatMap((row) => inBackticks(row.split("|")[2] ?? ""));
    expect(sorted(documented)).toEqual(sorted(codesInCode()));
  });

  test("every reason of an article in a feed, and no other; so does the OpenAPI document", () => {
    const reasons = sorted([...Object.keys(REASONS), "pinned"]);
    const [, list = ""] = /\n- `reason`: ([\s\S]*?)\n- /.exec(PAGE) ?? [];
    expect(sorted(inBackticks(list))).toEqual(reasons);
    const [, described = ""] =
      /Why it is here: (.*?) and others to come/.exec(JSON.stringify(openApiDocument(STORIES))) ?? [];
    expect(sorted(described.split(", "))).toEqual(reasons);
  });
});
