import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Metrics } from "@headline/service/metrics";
import { describe, expect, test } from "@jest/globals";

const root = fileURLToPath(new URL("../..", import.meta.url));
const text = (path: string) => readFileSync(join(root, path), "utf8");
const SUFFIX = /_(bucket|sum|count)$/;

/** Every `headline_…` that the services' code names; names made of parts are put together as the code does. */
function namesInCode(): ReadonlySet<string> {
  const names = new Set<string>();
  for (const folder of ["packages", "services"])
    for (const path of readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })) {
      if (!/\/src\/.*\.ts$/.test(path) || /\.test\.ts$|node_modules|\/dist\//.test(path)) continue;
      const code = text(join(folder, path));
      for (const [name] of code.matchAll(/(?<=name: ["`])headline_\w+(?=["`])/g)) names.add(name);
      for (const [, part] of code.matchAll(/ correction\("(\w+)"/g)) names.add(`headline_correction_${part}`);
    }
  return names;
}

const namesIn = (document: string) =>
  [
    ...new Set([...document.matchAll(/\b(headline|process|nodejs)_\w+/g)].map(([name]) => name.replace(SUFFIX, ""))),
  ].sort();

describe("what is said of metrics", () => {
  test.each(["deploy/grafana/headline.json", "deploy/prometheus/alerts.yml", "docs/operations.md"])(
    "%s names only what the code tells",
    async (path) => {
      const defaults = namesIn((await new Metrics("test").text()).replaceAll("headline_", "none_"));
      const known = new Set([...namesInCode(), ...defaults]);
      const named = namesIn(text(path));
      expect(named.length).toBeGreaterThan(5);
      expect(named.filter((name) => !known.has(name))).toEqual([]);
    },
  );

  test("and the list of metrics in docs/operations.md leaves none out", () => {
    const told = new Set(namesIn(text("docs/operations.md")));
    expect([...namesInCode()].filter((name) => !told.has(name))).toEqual([]);
  });
});
