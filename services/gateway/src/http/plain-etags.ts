import type { RequestHandler } from "express";

/** Suffixes that compressing proxies append to a tag, such as `"tag-gzip"` and `"tag;br"`. */
const SUFFIXED = /"([^"]*?)(?:--|[-;:])(?:x-gzip|gzip|br|brotli|deflate|zstd)"/gi;

/** Adds the tags that proxies gave a suffix to `If-None-Match` without it, beside themselves. */
export const plainEtags: RequestHandler = ({ headers }, _res, next) => {
  const tags = headers["if-none-match"];
  if (tags !== undefined) headers["if-none-match"] = tags.replace(SUFFIXED, '$&, "$1"');
  next();
};
