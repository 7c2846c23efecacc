import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../lib/root.js";

export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly private?: boolean;
  readonly description: string;
  readonly scripts?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly peerDependenciesMeta?: Readonly<Record<string, { readonly optional?: boolean }>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly exports?: Readonly<
    Record<string, { readonly "headline-source": string; readonly types: string; readonly default: string }>
  >;
}

export interface PublishedPackage {
  /** Path from the root of the repository. */
  readonly folder: string;
  readonly manifest: Manifest;
}

/** Packages of packages/ that are not private, each after those that it depends on. */
export function publishedPackages(): readonly PublishedPackage[] {
  const packages = readdirSync(join(root, "packages"))
    .map((name) => ({ folder: `packages/${name}`, manifest: readManifest(`packages/${name}`) }))
    .filter(({ manifest }) => manifest.private !== true);
  return withDependencies(
    packages,
    packages.map(({ manifest }) => manifest.name),
  );
}

/** The named packages and those of the list that they depend on, dependencies first. */
export function withDependencies(
  packages: readonly PublishedPackage[],
  names: readonly string[],
): readonly PublishedPackage[] {
  const byName = new Map(packages.map((each) => [each.manifest.name, each]));
  const ordered = new Set<PublishedPackage>();
  const visit = (name: string) => {
    const found = byName.get(name);
    if (found === undefined || ordered.has(found)) return;
    for (const dependency of Object.keys(found.manifest.dependencies ?? {})) visit(dependency);
    ordered.add(found);
  };
  for (const name of names) visit(name);
  return [...ordered];
}

export function readManifest(folder: string): Manifest {
  return JSON.parse(readFileSync(join(root, folder, "package.json"), "utf8")) as Manifest;
}
