import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";

const FOLDERS = ["packages", "services", "bench", "tools"];
const NOT_LOOKED_INTO = new Set(["node_modules", "dist"]);
/** Modules that start a database, Redis, a browser or a service; of testkit, these names. */
const SERVERS = new Set(["@headline/embedded", "playwright-core", "puppeteer-core", "node:child_process"]);
const TESTKIT_SERVERS =
  /\b(throwaway(Mysql|Postgres|PgBouncer|Redis|RedisCluster)|migratedMysql|private(Mysql|Postgres)|bundled)\b/;
/** Sources of @headline/embedded. */
const STARTER = /\/embedded\/src\/(open-\w+|find-servers)\.ts$/;
const IMPORT = /^(?:import|export)\s+(?:([^;"']*?)\s+from\s+)?["']([^"']+)["']/gm;

/** The test files that start no database, no Redis, no browser and no process: neither they, nor the test code that they import. */
export function unitTests(root: string): readonly string[] {
  const starts = new Map<string, boolean>();
  return FOLDERS.flatMap((folder) => filesIn(join(root, folder)))
    .filter((file) => file.endsWith(".test.ts") && !file.endsWith(".perf.test.ts"))
    .filter((file) => !startsServer(file, starts));
}

function filesIn(folder: string): readonly string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (NOT_LOOKED_INTO.has(entry.name)) return [];
    const path = join(folder, entry.name);
    return entry.isDirectory() ? filesIn(path) : [path];
  });
}

function startsServer(file: string, known: Map<string, boolean>): boolean {
  const found = known.get(file);
  if (found !== undefined) return found;
  known.set(file, false); // files that import each other
  const starts = importsOf(file).some(({ names, from }) => {
    if (from === "@headline/testkit") return TESTKIT_SERVERS.test(names);
    if (from === "node:child_process") return isTestCode(file);
    if (!from.startsWith(".")) return SERVERS.has(from);
    const imported = resolve(dirname(file), from).replace(/\.js$/, ".ts");
    return STARTER.test(imported) || (existsSync(imported) && startsServer(imported, known));
  });
  known.set(file, starts);
  return starts;
}

interface Import {
  readonly names: string;
  readonly from: string;
}

function importsOf(file: string): readonly Import[] {
  const text = readFileSync(file, "utf8");
  return Array.from(text.matchAll(IMPORT), ([statement, names = "", from = ""]) => ({ statement, names, from }))
    .filter(({ statement }) => !statement.startsWith("import type"))
    .map(({ names, from }) => ({ names, from }));
}

function isTestCode(file: string): boolean {
  return /\.(test|fixture)\./.test(file) || /\/test\//.test(file);
}
