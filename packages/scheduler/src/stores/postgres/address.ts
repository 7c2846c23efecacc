import { isIP } from "node:net";
import {
  certificates,
  choice,
  decoded,
  given,
  hostOf,
  type ParsedUrl,
  parse,
  ServerUrlError,
  socketPath,
} from "../server-url.js";

/** A PostgreSQL, in the words of pg. */
export interface PostgresAddress {
  /** Name or address; for a unix socket its folder. */
  readonly host: string;
  readonly port: number;
  readonly user?: string;
  readonly password?: string;
  readonly database?: string;
  readonly ssl?: PostgresTls;
}

interface PostgresTls {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly rejectUnauthorized: boolean;
  readonly servername?: string;
  /** Accepts every name, for `verify-ca`. */
  readonly checkServerIdentity?: () => undefined;
}

const OPTIONS = ["host", "sslmode", "ssl-ca", "ssl-cert", "ssl-key"];
const SSL_MODES = ["disable", "require", "verify-ca", "verify-full"] as const;

type SslMode = (typeof SSL_MODES)[number];

/**
 * The address in `postgres://user:password@host:5432/database` (or `postgresql://`). Options: `host` (folder of a unix
 * socket), and for TLS `sslmode` (`require` encrypts, `verify-ca` and `verify-full` also verify the certificate), `ssl-ca`,
 * `ssl-cert` and `ssl-key` (paths of PEM files).
 */
export function postgresAddress(url: string): PostgresAddress {
  const parsed = parse(url.trim(), ["postgres:", "postgresql:"], OPTIONS);
  const { options } = parsed;
  const database = parsed.path.slice(1);
  if (database.includes("/")) throw new ServerUrlError("names no database that can be; inside a name write / as %2F");
  const rest = {
    port: parsed.port ?? 5_432,
    ...given("user", parsed.user),
    ...given("password", parsed.password),
    ...given("database", decoded(database, "the database") || undefined),
  };
  const mode = sslMode(parsed);
  if (options.has("host")) {
    if (mode !== "disable") throw new ServerUrlError("sslmode: a unix socket has no TLS");
    return { host: socketPath(options.get("host") as string), ...rest };
  }
  const host = hostOf(parsed);
  return { host, ...rest, ...(mode !== "disable" && { ssl: tls(mode, host, parsed) }) };
}

function sslMode({ options }: ParsedUrl): SslMode {
  const mode = options.has("sslmode") ? (choice(options, "sslmode", SSL_MODES) as SslMode) : undefined;
  const hasDetails = ["ssl-ca", "ssl-cert", "ssl-key"].some((name) => options.has(name));
  if (mode === "disable" && hasDetails) throw new ServerUrlError("sslmode: disable contradicts the other ssl options");
  // As libpq reads it: an authority is there to be believed.
  if (mode === "require" && options.has("ssl-ca")) return "verify-ca";
  return mode ?? (hasDetails ? "verify-full" : "disable");
}

function tls(mode: SslMode, host: string, { options }: ParsedUrl): PostgresTls {
  return {
    ...certificates(options, "ssl"),
    rejectUnauthorized: mode !== "require",
    ...(isIP(host) === 0 && { servername: host }),
    ...(mode === "verify-ca" && { checkServerIdentity: () => undefined }),
  };
}
