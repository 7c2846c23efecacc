import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "@jest/globals";
import { root } from "../lib/root.js";

const CODE = ["packages", "services", "tools", "bench"];
/** Folders that a build or an installation makes. */
const NOT_OURS = new Set(["node_modules", "dist", "api", ".turbo"]);
const PAGES = ["README.md", "README.zh-CN.md", "CONTRIBUTING.md", "SECURITY.md", ...pagesBelow("docs")];
const LINK = /\]\(([^)\s#]+)(?:#[^)]*)?\)/g;

test("every relative link of the documentation leads to a file", () => {
  const broken = PAGES.flatMap((page) =>
    [...readFileSync(join(root, page), "utf8").matchAll(LINK)]
      .map(([, target]) => target as string)
      .filter((target) => !/^[a-z]+:/.test(target) && !existsSync(join(root, dirname(page), target)))
      .map((target) => `${page}: ${target}`),
  );
  expect(broken).toEqual([]);
});

/** Decisions are of their time; a how-to page names the files that it makes. */
const PROSE = [...PAGES.filter((page) => !/^docs\/(decisions|how-to)\//.test(page)), ...readmes()];
const PATH = /`((?:packages|services|tools|bench|deploy|docs|proto|sample)\/[\w./-]+)`/g;
const TESTS = /npm test -- ([\w./ -]+)/g;
/** Made by a command of the page, and a pattern that stands for any. */
const NOT_FILES = new Set(["docs/api", "its/path"]);

test("every path in the prose is there, from the root or from its page", () => {
  const missing = PROSE.flatMap((page) =>
    matchesIn(page, PATH)
      .filter(
        (path) => !NOT_FILES.has(path) && ![path, join(dirname(page), path)].some((at) => existsSync(join(root, at))),
      )
      .map((path) => `${page}: ${path}`),
  );
  expect(missing).toEqual([]);
});

test("every test that a document tells to run is there", () => {
  const tests = CODE.flatMap((folder) => filesBelow(folder, ".test.ts"));
  const missing = [...PROSE, ...pagesBelow("docs/how-to")].flatMap((page) =>
    matchesIn(page, TESTS)
      .flatMap((patterns) => patterns.trim().split(/\s+/))
      .filter(
        (pattern) => !NOT_FILES.has(pattern) && /[a-z]/.test(pattern) && !tests.some((path) => path.includes(pattern)),
      )
      .map((pattern) => `${page}: ${pattern}`),
  );
  expect(missing).toEqual([]);
});

function matchesIn(page: string, pattern: RegExp): readonly string[] {
  return [...readFileSync(join(root, page), "utf8").matchAll(pattern)].map(([, found]) => found as string);
}

/** READMEs of the packages, tools and benches. */
function readmes(): readonly string[] {
  return [...CODE, "deploy"].flatMap((folder) => filesBelow(folder, "README.md"));
}

function pagesBelow(folder: string): readonly string[] {
  return filesBelow(folder, ".md");
}

function filesBelow(folder: string, end: string): readonly string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return NOT_OURS.has(entry.name) ? [] : filesBelow(path, end);
    return entry.name.endsWith(end) ? [path] : [];
  });
}
