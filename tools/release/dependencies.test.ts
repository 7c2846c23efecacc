import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import { root } from "../lib/root.js";
import { workspaceFolders } from "./manifests.js";

interface Dependencies {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly overrides?: Readonly<Record<string, string>>;
}

const HELD = /^~?\d/;
const page = readFileSync(join(root, "docs/dependencies.md"), "utf8");

test("each dependency that is held closer than its major has its reason in docs/dependencies.md", () => {
  const held = ["", ...workspaceFolders()]
    .map((folder) => JSON.parse(readFileSync(join(root, folder, "package.json"), "utf8")) as Dependencies)
    .flatMap(({ dependencies, devDependencies, overrides }) => [dependencies, devDependencies, overrides])
    .flatMap((ranges) => Object.entries(ranges ?? {}))
    .filter(([, range]) => HELD.test(range))
    .map(([name, range]) => `${name} ${range}`);
  const rows = [...page.matchAll(/^\| `([^`]+)` \| `([^`]+)` \| .{5,} \|$/gm)].map(
    ([, name, range]) => `${name} ${range}`,
  );
  expect(rows).toEqual([...new Set(held)].sort());
});
