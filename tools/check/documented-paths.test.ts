import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "@jest/globals";
import { root } from "../lib/root.js";

const LINK = /\]\(([^)\s#]+)(?:#[^)]*)?\)/g;

test("every relative link of the documentation leads to a file", () => {
  const pages = ["README.md", "README.zh-CN.md", "CONTRIBUTING.md", "SECURITY.md", ...pagesBelow("docs")];
  const broken = pages.flatMap((page) =>
    [...readFileSync(join(root, page), "utf8").matchAll(LINK)]
      .map(([, target]) => target as string)
      .filter((target) => !/^[a-z]+:/.test(target) && !existsSync(join(root, dirname(page), target)))
      .map((target) => `${page}: ${target}`),
  );
  expect(broken).toEqual([]);
});

function pagesBelow(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".md"))
    .map((name) => join(folder, name));
}
