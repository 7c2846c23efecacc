import type { PageFormat } from "@headline/newsroom/pages";
import { Refusal } from "@headline/service/errors";
import type { RequestHandler } from "express";
import { z } from "zod";
import type { Channels } from "../channels/channels.js";
import { imageSources } from "../http/image-sources.js";
import { invalid } from "../http/read.js";
import type { StaticPages } from "./static-pages.js";

/** File name in `/pages`, for the document; the handler reads it with `FILE`. */
export const PagePath = z.object({
  file: z.string().meta({ pattern: "^(0|[1-9]\\d{0,9})(\\.(html|json))?$", description: "`0`, `0.html`, `0.json`" }),
});
const FILE = /^(0|[1-9]\d{0,9})(?:\.(html|json))?$/;
/** Proxies may keep a page as long as it takes to build the next, show it while they ask, and for a day when the gateway is away. */
const CACHE_CONTROL = "public, max-age=30, stale-while-revalidate=60, stale-if-error=86400";
const TYPES: Readonly<Record<PageFormat, string>> = {
  html: "text/html; charset=utf-8",
  json: "application/json; charset=utf-8",
};

export interface PageDeps {
  readonly channels: Channels;
  readonly pages: StaticPages;
  readonly coverOrigins: readonly string[];
}

/** Sends the guests' feed of a channel as it was last built, as HTML or JSON. */
export function showPage({ channels, pages, coverOrigins }: PageDeps): RequestHandler {
  const policy = `default-src 'none'; style-src 'self'; ${imageSources(coverOrigins)}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;
  return (req, res) => {
    const [, digits, format = "html"] = FILE.exec(String(req.params["file"])) ?? [];
    if (digits === undefined) throw invalid("file", "must be a channel's number");
    const page = pages.get(Number(digits), format as PageFormat);
    if (page === undefined) {
      if (channels.get(Number(digits)) === undefined)
        throw invalid("file", `${digits} is not a channel; see GET /channels`);
      throw new Refusal("UNAVAILABLE", "the page is not built yet", { retryAfterSeconds: 5 });
    }
    res.setHeader("Content-Type", TYPES[format as PageFormat]);
    res.setHeader("Cache-Control", CACHE_CONTROL);
    res.setHeader("ETag", `W/"${page.etag}"`);
    res.setHeader("Last-Modified", page.builtAt.toUTCString());
    res.setHeader("X-Content-Type-Options", "nosniff");
    if (format === "html") res.setHeader("Content-Security-Policy", policy);
    if (req.fresh) {
      res.status(304).end();
      return;
    }
    res.setHeader("Content-Length", page.body.length);
    res.end(page.body);
  };
}
