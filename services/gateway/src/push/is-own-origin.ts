import type { IncomingMessage } from "node:http";

/**
 * Whether a page of this site, or of one of `origins`, connects. Browsers say which page does and let no script lie about it;
 * what is no browser says nothing.
 */
export function isOwnOrigin({ headers }: IncomingMessage, origins: readonly string[]): boolean {
  const { origin, host } = headers;
  if (origin === undefined) return true;
  if (origins.includes(origin)) return true;
  return URL.canParse(origin) && host !== undefined && new URL(origin).host === host.toLowerCase();
}
