/**
 * Environment variables of the services: each that a service's main.ts declares is used there, and has its row in docs/architecture.md.
 *
 *   tsx tools/check/variables.ts      names the steps that are missing, and fails
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { root } from "../lib/root.js";

export const SERVICES = ["gateway", "recommendation", "jobs"] as const;
export type Service = (typeof SERVICES)[number];

/** Variables of packages/service/src/config/tls.ts, which every service has, and the name that only callers of the recommender read. */
const TLS = ["TLS_CA", "TLS_CERT", "TLS_KEY", "TLS_SERVER_NAME"];
const read = (path: string) => readFileSync(join(root, path), "utf8");
const mainOf = (service: Service) => read(`services/${service}/src/main.ts`);

/** Variables that a service's main.ts declares, those of TLS included. */
export function variablesOf(service: Service): ReadonlySet<string> {
  return new Set([...declaredIn(mainOf(service)), ...TLS]);
}

/** Steps of adding a variable that are missing, a line each. */
export function missingSteps(): readonly string[] {
  return SERVICES.flatMap((service) => {
    const main = mainOf(service);
    const documented = documentedFor(service);
    const unused = declaredIn(main).filter((name) => !new RegExp(`\\b(config\\.${name}|"${name}")`).test(main));
    const undocumented = [...variablesOf(service)].filter(
      (name) => !documented.has(name) && name !== "TLS_SERVER_NAME",
    );
    return [
      ...unused.map((name) => `${name} is declared in services/${service}/src/main.ts and not used there`),
      ...undocumented.map((name) => `${name} of ${service} has no row in docs/architecture.md`),
    ];
  });
}

function declaredIn(main: string): readonly string[] {
  return [...main.matchAll(/^ +([A-Z][A-Z_]+):/gm)].map(([, name]) => name as string);
}

/** Variables of the rows that name a service, or all of them. */
function documentedFor(service: Service): ReadonlySet<string> {
  const rows = read("docs/architecture.md")
    .split("\n")
    .filter((line) => line.startsWith("| `"))
    .map((line) => line.split("|").slice(1, 3) as [string, string])
    .filter(([, who]) => who.includes(service) || /\b(all|both) services\b/.test(who));
  const names = rows.flatMap(([cell]) => [...cell.matchAll(/`([A-Z_]+)`/g)].map(([, name]) => name as string));
  return new Set(names.map((name) => name.replace(/_FILE$/, "")));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const missing = missingSteps();
  for (const line of missing) process.stderr.write(`${line}\n`);
  process.exitCode = missing.length > 0 ? 1 : 0;
}
