import type { RequestHandler } from "express";

/** What proxies that compress put behind the tag of what they compressed, such as `"tag-gzip"` and `"tag;br"`. */
const SUFFIXED = /"([^"]*?)(?:--|[-;:])(?:x-gzip|gzip|br|brotli|deflate|zstd)"/gi;

/** Adds the tags that proxies gave a suffix to `If-None-Match` without it, beside themselves. */
export const plainEtags: RequestHandler = ({ headers }, _res, next) => {
  const tags = headers["if-none-match"];
  if (tags !== undefined) headers["if-none-match"] = tags.replace(SUFFIXED, '$&, "$1"');
  next();
};
