import type { Request } from "express";

const PREFETCH = /\bprefetch\b/i;
const CRAWLER = /bot\b|crawl|spider|slurp|facebookexternalhit|link ?check|preview/i;

/** True for a request whose answer no reader sees: HEAD, a prefetch, or a crawler without Authorization. */
export function isDryRun({ method, headers }: Request): boolean {
  if (method === "HEAD") return true;
  const purposes = [headers["sec-purpose"], headers["purpose"], headers["x-purpose"], headers["x-moz"]];
  if (purposes.some((purpose) => typeof purpose === "string" && PREFETCH.test(purpose))) return true;
  return headers.authorization === undefined && CRAWLER.test(headers["user-agent"] ?? "");
}
