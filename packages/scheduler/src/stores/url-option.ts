import { ServerUrlError } from "./server-url.js";

/** Parses the URL of an option; an error names the option and repeats nothing of the URL, which may hold a password. */
export function urlOption<T>(name: string, parse: (url: string) => T, url: string): T {
  try {
    return parse(url);
  } catch (error) {
    if (!(error instanceof ServerUrlError)) throw error;
    throw new TypeError(`${name}: ${error.message}`);
  }
}
