import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import { root } from "../lib/root.js";
import { derivedFields, internalRange, rootManifest, workspaceFolders } from "./manifests.js";
import { publishedPackages, readManifest } from "./published.js";

const whole = rootManifest();
const published = publishedPackages();

test("every workspace has the version of the root", () => {
  const others = workspaceFolders().filter((folder) => readManifest(folder).version !== whole.version);
  expect(others).toEqual([]);
});

describe.each(published)("$manifest.name", ({ folder, manifest }) => {
  test("has the root's version, licence, repository and engines", () => {
    expect(manifest).toMatchObject(derivedFields(folder, whole));
    expect(readFileSync(join(root, folder, "LICENSE"), "utf8")).toBe(readFileSync(join(root, "LICENSE"), "utf8"));
  });

  test("says what it is, and ships its build, its sources and no tests", () => {
    expect(manifest).toMatchObject({
      description: expect.stringMatching(/^.{20,}/),
      keywords: expect.arrayContaining([expect.any(String)]),
      files: expect.arrayContaining(["dist", "src", "!src/**/*.test.ts"]),
      sideEffects: expect.anything(), // bundlers drop what is not imported
    });
    expect(existsSync(join(root, folder, "README.md"))).toBe(true);
  });

  test("depends on published packages only, at this version", () => {
    const names = new Set(published.map((other) => other.manifest.name));
    const internal = Object.entries(manifest.dependencies ?? {}).filter(([name]) => name.startsWith("@headline/"));
    for (const [name, range] of internal)
      expect({ name, range, isPublished: names.has(name) }).toEqual({
        name,
        range: internalRange(whole.version),
        isPublished: true,
      });
  });
});
