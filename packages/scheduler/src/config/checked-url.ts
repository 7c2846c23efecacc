import { ServerUrlError } from "../stores/server-url.js";
import { addressOf, type StoreKind } from "../stores/store-address.js";
import { ConfigError } from "./config-error.js";

/** Returns a URL that its store can read; an error repeats no part of it, which may hold a password. */
export function checkedUrl(kind: StoreKind, url: string, path: string): string {
  try {
    addressOf[kind](url);
    return url;
  } catch (error) {
    if (!(error instanceof ServerUrlError)) throw error;
    throw new ConfigError(path, error.message);
  }
}
