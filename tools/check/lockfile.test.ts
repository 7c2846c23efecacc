import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "@jest/globals";

interface LockedPackage {
  readonly resolved?: string;
  readonly integrity?: string;
  readonly link?: boolean;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

const lockfile = JSON.parse(
  readFileSync(fileURLToPath(new URL("../../package-lock.json", import.meta.url)), "utf8"),
) as {
  readonly packages: Readonly<Record<string, LockedPackage>>;
};
const locked = Object.entries(lockfile.packages);

describe("package-lock.json", () => {
  test("holds every optional package of every platform, so that npm ci works on all of them", () => {
    const missing = locked.flatMap(([path, { optionalDependencies = {} }]) =>
      Object.keys(optionalDependencies)
        .filter((name) => !isLockedFor(path, name))
        .map((name) => `${path} needs ${name}`),
    );
    expect(missing).toEqual([]);
  });

  test("says of every package what its bytes are", () => {
    const ofRegistry = locked.filter(([path, { link }]) => path.includes("node_modules/") && link !== true);
    expect(ofRegistry.length).toBeGreaterThan(100);
    const unknown = ofRegistry.filter(([, { integrity }]) => !/^sha512-[\w+/]{86}==$/.test(integrity ?? ""));
    expect(unknown.map(([path]) => path)).toEqual([]);
  });

  test("names no registry, so that it works with any", () => {
    const resolved = locked.filter(([, { resolved, link }]) => resolved !== undefined && link !== true);
    expect(resolved.map(([path]) => path)).toEqual([]);
  });
});

/** As Node resolves it: in the node_modules folder of the package, or of a folder above. */
function isLockedFor(path: string, name: string): boolean {
  const parts = path.split("/");
  return parts
    .map((_, depth) => [...parts.slice(0, parts.length - depth), "node_modules", name].join("/"))
    .concat(`node_modules/${name}`)
    .some((candidate) => candidate in lockfile.packages);
}
