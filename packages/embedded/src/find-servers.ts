import { accessSync, constants, existsSync, readdirSync, readFileSync, realpathSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, dirname, isAbsolute, join } from "node:path";
import type { MariaDbCommand, ServerCommand, ServerName, Servers } from "./servers.js";
import { ServersNotFound } from "./servers-not-found.js";
import { unpackServers } from "./unpack-servers.js";

export interface FindServersOptions<Need extends ServerName = ServerName> {
  /** Only these are looked for (a machine may have one of its own). */
  readonly needs?: readonly Need[];
  /** One line now and then: unpacking takes seconds. */
  readonly onProgress?: (line: string) => void;
  /** Folders to search instead of PATH and the usual places. */
  readonly searchPath?: readonly string[];
  /** Where unpacked servers are kept; `headline/servers` in the user's cache folder by default. */
  readonly serversDir?: string;
  /** Which packages dpkg holds installed; apt leaves those out. */
  readonly dpkgStatusPath?: string;
}

const USUAL_PLACES = ["/usr/sbin", "/usr/local/sbin", "/usr/bin", "/usr/local/bin", "/opt/homebrew/bin"];

/** Servers of the machine, else the unpacked ones of an earlier start, else unpacked now; else says what to do. */
export async function findServers<Need extends ServerName = ServerName>({
  needs = ["redis", "mariadb"] as readonly ServerName[] as readonly Need[],
  onProgress = () => {},
  searchPath = defaultSearchPath(),
  serversDir = join(cacheFolder(), "servers"),
  dpkgStatusPath,
}: FindServersOptions<Need> = {}): Promise<Pick<Servers, Need>> {
  const tree = join(serversDir, systemName());
  const look = () => ({ ...findUnpacked(tree), ...findInstalled(searchPath) });
  const lacks = (found: Partial<Servers>) => needs.filter((need) => found[need] === undefined);

  const found = look();
  if (lacks(found).length === 0) return found as Servers;
  const failure = await unpackServers({ tree, onProgress, dpkgStatusPath }).then(
    () => undefined,
    (error: Error) => error,
  );
  const unpacked = look();
  if (lacks(unpacked).length === 0) return unpacked as Servers;
  throw new ServersNotFound(lacks(unpacked), failure);
}

/** `$XDG_CACHE_HOME/headline`, by default `~/.cache/headline`. */
export function cacheFolder(): string {
  const configured = process.env["XDG_CACHE_HOME"] ?? "";
  return join(isAbsolute(configured) ? configured : join(homedir(), ".cache"), "headline");
}

function defaultSearchPath(): string[] {
  return [...(process.env["PATH"] ?? "").split(delimiter).filter(isAbsolute), ...USUAL_PLACES];
}

/** Unpacked libraries fit the release they were made for and no other. */
function systemName(): string {
  const release = existsSync("/etc/os-release") ? readFileSync("/etc/os-release", "utf8") : "";
  const value = (name: string) => new RegExp(`^${name}="?([^"\\n]*)`, "m").exec(release)?.[1];
  return `${value("ID") ?? process.platform}-${value("VERSION_ID") ?? "0"}-${process.arch}`;
}

function findInstalled(searchPath: readonly string[]): Partial<Servers> {
  return found(redisIn(searchPath), mariaDbIn(searchPath));
}

function redisIn(searchPath: readonly string[]): ServerCommand | undefined {
  const server = executable(["redis-server", "valkey-server"], searchPath);
  if (server !== undefined) return { command: server };
  // Debian's redis-tools brings no redis-server, yet the same program under another name.
  const sameProgram = executable(["redis-check-rdb"], searchPath);
  return sameProgram === undefined ? undefined : { command: sameProgram, argv0: "redis-server" };
}

function mariaDbIn(searchPath: readonly string[]): MariaDbCommand | undefined {
  const command = executable(["mariadbd"], searchPath);
  const shareDir = command === undefined ? undefined : shareDirOf(command);
  return command === undefined || shareDir === undefined ? undefined : { command, shareDir };
}

function shareDirOf(command: string): string | undefined {
  const prefixes = [dirname(dirname(command)), dirname(dirname(realpathSync(command)))]; // Homebrew links into its Cellar
  const candidates = prefixes.flatMap((prefix) => [join(prefix, "share/mysql"), join(prefix, "share/mariadb")]);
  return candidates.find(
    (dir) => existsSync(join(dir, "mysql_system_tables.sql")) || existsSync(join(dir, "mariadb_system_tables.sql")),
  );
}

function findUnpacked(tree: string): Partial<Servers> {
  const searchPath = ["usr/sbin", "usr/bin"].map((dir) => join(tree, dir));
  const env = { LD_LIBRARY_PATH: libraryFolders(tree).join(delimiter) };
  const redis = redisIn(searchPath);
  const mariadb = mariaDbIn(searchPath);
  return found(redis && { ...redis, env }, mariadb && { ...mariadb, env });
}

function libraryFolders(tree: string): string[] {
  return ["usr/lib", "lib"]
    .map((dir) => join(tree, dir))
    .filter((dir) => existsSync(dir))
    .flatMap((dir) => [dir, ...readdirSync(dir).map((name) => join(dir, name))])
    .filter((dir) => dir.endsWith("lib") || dir.includes("-linux-"));
}

function found(redis: ServerCommand | undefined, mariadb: MariaDbCommand | undefined): Partial<Servers> {
  return { ...(redis && { redis }), ...(mariadb && { mariadb }) };
}

function executable(names: readonly string[], searchPath: readonly string[]): string | undefined {
  return names.flatMap((name) => searchPath.map((dir) => join(dir, name))).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false; // not there, or not for us
  }
}
