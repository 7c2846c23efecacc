import { readFileSync } from "node:fs";
import { connect, isIP, type Socket } from "node:net";

/** Error for an unusable address; its message repeats no part that may hold a password. */
export class ServerUrlError extends TypeError {}

/** A Redis, in the words of ioredis. */
export interface RedisAddress {
  readonly path?: string;
  readonly host?: string;
  readonly port?: number;
  readonly family?: number;
  readonly db: number;
  readonly username?: string;
  readonly password?: string;
  readonly tls?: { ca?: string; cert?: string; key?: string; servername?: string };
}

/** A MySQL, in the words of mysql2. */
export interface MysqlAddress {
  readonly socketPath?: string;
  readonly host?: string;
  readonly port?: number;
  readonly user?: string;
  readonly password?: string;
  readonly database?: string;
  readonly ssl?: { ca?: string; cert?: string; key?: string; rejectUnauthorized: boolean; verifyIdentity: boolean };
  /** Connects elsewhere than to `host`, which then is the name that the certificate has to have. */
  readonly stream?: () => Socket;
}

const WRITTEN = "inside a name or password write % as %25, # as %23, ? as %3F, / as %2F, @ as %40 and : as %3A";
const REDIS_OPTIONS = ["db", "family", "username", "password", "tls-ca", "tls-cert", "tls-key", "tls-server-name"];
const MYSQL_OPTIONS = ["socketPath", "ssl", "ssl-mode", "ssl-ca", "ssl-cert", "ssl-key", "ssl-server-name"];
const SSL_MODES = ["DISABLED", "REQUIRED", "VERIFY_CA", "VERIFY_IDENTITY"] as const;
const DATABASES_MAX = 1_000_000;

type SslMode = (typeof SSL_MODES)[number];

/**
 * The address in `redis://user:password@host:6379/0`, `rediss://` (TLS, the certificate verified), `unix:///path?db=1` or a plain path.
 * Options: `db`, `family`, and for TLS `tls-ca`, `tls-cert`, `tls-key` (paths of PEM files) and `tls-server-name`.
 */
export function redisAddress(url: string): RedisAddress {
  const text = url.trim();
  if (text.startsWith("/")) return { path: text, db: 0 };
  const parsed = parse(text, ["redis:", "rediss:", "unix:"], REDIS_OPTIONS);
  const { protocol, options } = parsed;
  const db = redisDatabase(protocol === "unix:" ? "" : parsed.path, options.get("db"));
  const login = {
    ...given("username", parsed.user ?? options.get("username")),
    ...given("password", parsed.password ?? options.get("password")),
  };
  if (protocol !== "rediss:") refuseAny(options, "tls-", "needs rediss://");
  if (protocol === "unix:") return { path: socketPath(parsed.path), db, ...login };
  return {
    host: hostOf(parsed),
    port: parsed.port ?? 6_379,
    db,
    ...(options.has("family") && { family: Number(choice(options, "family", ["0", "4", "6"])) }),
    ...login,
    ...(protocol === "rediss:" && { tls: redisTls(hostOf(parsed), options) }),
  };
}

/**
 * The address in `mysql://user:password@host:3306/database` (or `mariadb://`). Options: `socketPath`, and for TLS `ssl-mode`
 * (REQUIRED encrypts, VERIFY_CA and VERIFY_IDENTITY also verify the certificate), `ssl=true` (VERIFY_IDENTITY), `ssl-ca`, `ssl-cert`,
 * `ssl-key` (paths of PEM files) and `ssl-server-name`.
 */
export function mysqlAddress(url: string): MysqlAddress {
  const parsed = parse(url.trim(), ["mysql:", "mariadb:"], MYSQL_OPTIONS);
  const { options } = parsed;
  const database = parsed.path.slice(1);
  if (/[/@]/.test(database)) throw new ServerUrlError(`names no database that can be; ${WRITTEN}`);
  const rest = {
    ...given("user", parsed.user),
    ...given("password", parsed.password),
    ...given("database", decoded(database, "the database") || undefined),
  };
  const mode = sslMode(options);
  if (options.has("socketPath")) {
    if (mode !== "DISABLED") throw new ServerUrlError("ssl: a unix socket has no TLS");
    return { socketPath: socketPath(options.get("socketPath") as string), ...rest };
  }
  const at = { host: hostOf(parsed), port: parsed.port ?? 3_306 };
  return { ...at, ...rest, ...(mode !== "DISABLED" && mysqlTls(at, mode, options)) };
}

export interface ParsedUrl {
  readonly protocol: string;
  readonly hostname: string;
  readonly port: number | undefined;
  readonly user: string | undefined;
  readonly password: string | undefined;
  readonly path: string;
  readonly options: ReadonlyMap<string, string>;
}

export function parse(text: string, protocols: readonly string[], known: readonly string[]): ParsedUrl {
  const schemes = protocols.map((protocol) => `${protocol}//`);
  const scheme = schemes.find((candidate) => text.toLowerCase().startsWith(candidate));
  if (scheme === undefined) throw new ServerUrlError(`must begin with ${alternatives(schemes)}`);
  if (hasControlOrSpace(text)) throw new ServerUrlError("holds a space or a control character");
  if (!URL.canParse(text)) throw new ServerUrlError(`is not a URL; ${WRITTEN}`);
  const { protocol, hostname, port, username, password, pathname, search, hash } = new URL(text);
  // An @ after the host, or any #, is the end of a password that was cut short.
  if (hash !== "" || text.endsWith("#") || `${pathname}${search}`.includes("@"))
    throw new ServerUrlError(`has a # or an @ after the host; ${WRITTEN}`);
  if (port === "0") throw new ServerUrlError("names port 0");
  return {
    protocol,
    hostname,
    port: port === "" ? undefined : Number(port),
    user: decoded(username, "the name") || undefined,
    password: decoded(password, "the password") || undefined,
    path: pathname,
    options: optionsIn(search, known),
  };
}

/** Checks that each option is known and given once: a misspelt one would be a connection without it. */
function optionsIn(search: string, known: readonly string[]): ReadonlyMap<string, string> {
  const options = new Map<string, string>();
  for (const pair of search.slice(1).split("&")) {
    if (pair === "") continue;
    const [name = "", ...value] = pair.split("=");
    if (!known.includes(name)) {
      const shown = /^[A-Za-z][\w-]{0,30}$/.test(name) ? name : "an option";
      throw new ServerUrlError(`${shown}: is not known; there are ${known.join(", ")}`);
    }
    if (options.has(name)) throw new ServerUrlError(`${name}: is given twice`);
    const text = decoded(value.join("="), name);
    if (text === "") throw new ServerUrlError(`${name}: is empty`);
    options.set(name, text);
  }
  return options;
}

function redisDatabase(path: string, option: string | undefined): number {
  const inPath = path.replace(/^\//, "");
  if (inPath !== "" && option !== undefined) throw new ServerUrlError("db: is given twice");
  const text = inPath || option || "0";
  if (!/^\d{1,7}$/.test(text) || Number(text) > DATABASES_MAX)
    throw new ServerUrlError(`must end with the number of a database, as in redis://host:6379/0; ${WRITTEN}`);
  return Number(text);
}

function redisTls(host: string, options: ReadonlyMap<string, string>): NonNullable<RedisAddress["tls"]> {
  const servername = options.get("tls-server-name") ?? (isIP(host) === 0 ? host : undefined);
  return { ...certificates(options, "tls"), ...given("servername", servername) };
}

function sslMode(options: ReadonlyMap<string, string>): SslMode {
  const wanted = options.has("ssl") ? booleanOption(options, "ssl") : undefined;
  const named = options.has("ssl-mode")
    ? (choice(options, "ssl-mode", SSL_MODES, (text) => text.toUpperCase().replace("-", "_")) as SslMode)
    : undefined;
  if (wanted !== undefined && named !== undefined && wanted !== (named !== "DISABLED"))
    throw new ServerUrlError("ssl-mode: contradicts ssl");
  const hasDetails = [...options.keys()].some((name) => /^ssl-(ca|cert|key|server-name)$/.test(name));
  const mode = named ?? (wanted === true || (wanted === undefined && hasDetails) ? "VERIFY_IDENTITY" : "DISABLED");
  if (mode === "DISABLED" && hasDetails)
    throw new ServerUrlError("ssl-mode: DISABLED contradicts the other ssl options");
  // As MySQL's own clients read it: an authority is there to be believed.
  return mode === "REQUIRED" && options.has("ssl-ca") ? "VERIFY_CA" : mode;
}

function mysqlTls(at: { host: string; port: number }, mode: SslMode, options: ReadonlyMap<string, string>) {
  const verifyIdentity = mode === "VERIFY_IDENTITY";
  const ssl = { ...certificates(options, "ssl"), rejectUnauthorized: mode !== "REQUIRED", verifyIdentity };
  const serverName = options.get("ssl-server-name");
  if (serverName !== undefined && isIP(serverName) !== 0)
    throw new ServerUrlError("ssl-server-name: must be a host name");
  if (verifyIdentity && serverName === undefined && isIP(at.host) !== 0)
    throw new ServerUrlError(
      "ssl-server-name: is needed, since mysql2 verifies only names and the host is an IP address",
    );
  return serverName === undefined ? { ssl } : { ssl, host: serverName, stream: () => reach(at) };
}

/** A socket as mysql2 would open it. */
function reach(at: { host: string; port: number }): Socket {
  return connect(at).setNoDelay(true).setKeepAlive(true, 10_000);
}

export function certificates(options: ReadonlyMap<string, string>, prefix: "tls" | "ssl") {
  if (options.has(`${prefix}-cert`) !== options.has(`${prefix}-key`))
    throw new ServerUrlError(`${prefix}-cert: and ${prefix}-key are needed together`);
  const read = (part: "ca" | "cert" | "key") =>
    given(part, pemIn(options.get(`${prefix}-${part}`), `${prefix}-${part}`));
  return { ...read("ca"), ...read("cert"), ...read("key") };
}

function pemIn(path: string | undefined, option: string): string | undefined {
  if (path === undefined) return undefined;
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    throw new ServerUrlError(`${option}: cannot be read (${(error as NodeJS.ErrnoException).code ?? "unknown"})`);
  }
  if (!text.includes("-----BEGIN")) throw new ServerUrlError(`${option}: must be the path of a PEM file`);
  return text;
}

function refuseAny(options: ReadonlyMap<string, string>, prefix: string, why: string): void {
  const name = [...options.keys()].find((option) => option.startsWith(prefix));
  if (name !== undefined) throw new ServerUrlError(`${name}: ${why}`);
}

function booleanOption(options: ReadonlyMap<string, string>, name: string): boolean {
  return ["true", "1"].includes(choice(options, name, ["true", "false", "1", "0"]));
}

export function choice(
  options: ReadonlyMap<string, string>,
  name: string,
  allowed: readonly string[],
  normalized = (text: string) => text,
): string {
  const text = normalized(options.get(name) as string);
  if (!allowed.includes(text)) throw new ServerUrlError(`${name}: must be ${alternatives(allowed)}`);
  return text;
}

export function hostOf({ hostname }: ParsedUrl): string {
  const host = hostname.replace(/^\[|\]$/g, "");
  if (host === "") throw new ServerUrlError("names no host");
  if (isIP(host) === 0 && !/^[\w.-]{1,253}$/.test(host))
    throw new ServerUrlError(`names no host that can be; ${WRITTEN}`);
  return host;
}

export function socketPath(text: string): string {
  const path = decoded(text, "the path");
  if (!path.startsWith("/") || path === "/") throw new ServerUrlError("must name the absolute path of a socket");
  return path;
}

export function decoded(text: string, part: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new ServerUrlError(`has a malformed percent sign in ${part}; ${WRITTEN}`);
  }
}

function hasControlOrSpace(text: string): boolean {
  return [...text].some((letter) => letter <= " " || letter === "\u007f");
}

export function given<Name extends string>(name: Name, value: string | undefined): { readonly [_ in Name]?: string } {
  return (value === undefined ? {} : { [name]: value }) as { readonly [_ in Name]?: string };
}

function alternatives(words: readonly string[]): string {
  return words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} or ${words.at(-1)}`;
}
