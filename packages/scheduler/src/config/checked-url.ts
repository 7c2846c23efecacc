import { mysqlAddress, redisAddress, ServerUrlError } from "../stores/server-url.js";
import { ConfigError } from "./config-error.js";

/** The URL, if its store can read it; no part of it is repeated otherwise, since it may hold a password. */
export function checkedUrl(kind: "mysql" | "redis", url: string, path: string): string {
  try {
    if (kind === "mysql") mysqlAddress(url);
    else redisAddress(url);
    return url;
  } catch (error) {
    if (!(error instanceof ServerUrlError)) throw error;
    throw new ConfigError(path, error.message);
  }
}
