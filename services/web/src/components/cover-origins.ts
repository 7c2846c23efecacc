import { signal } from "@preact/signals";

const HTTP = /^https?:/i;

/** Other sites whose pictures are shown, as the gateway names them. */
export const coverOrigins = signal<readonly string[]>([]);

/** Whether a cover is of this site or of one that is shown; the page's policy blocks any other. */
export function isShownCover(url: string, origins: readonly string[], ownOrigin: string): boolean {
  if (!HTTP.test(url)) return true;
  const { origin } = URL.canParse(url) ? new URL(url) : { origin: "null" };
  return origin === ownOrigin || origins.includes(origin);
}
