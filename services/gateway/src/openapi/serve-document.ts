import type { RequestHandler } from "express";
import type { OpenApi } from "./document.js";
import { docsPage } from "./page/docs-page.js";
import { DOCS_STYLE } from "./page/docs-style.js";

/** Permits the page itself and its style; no script. */
const CONTENT_SECURITY_POLICY =
  "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

interface Deps {
  readonly document: () => OpenApi;
}

/** Sends the document; any site may read it. */
export function serveDocument({ document }: Deps): RequestHandler {
  return serve("application/json; charset=utf-8", () => JSON.stringify(document()), {
    "Access-Control-Allow-Origin": "*",
  });
}

/** Sends the document as a page. */
export function serveDocs({ document }: Deps): RequestHandler {
  return serve("text/html; charset=utf-8", () => docsPage(document()), {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "Referrer-Policy": "same-origin",
  });
}

/** Sends the style of the page. */
export function serveDocsStyle(): RequestHandler {
  return serve("text/css; charset=utf-8", () => DOCS_STYLE);
}

/** Sends a body that stays the same while the process lives, made at the first request. */
function serve(type: string, make: () => string, headers: Readonly<Record<string, string>> = {}): RequestHandler {
  let body: Buffer | undefined;
  return (_req, res) => {
    body ??= Buffer.from(make());
    res.setHeader("Content-Type", type);
    res.setHeader("Content-Length", body.length);
    res.setHeader("Cache-Control", "public, max-age=300");
    res.setHeader("X-Content-Type-Options", "nosniff");
    for (const [name, value] of Object.entries(headers)) res.setHeader(name, value);
    res.end(body);
  };
}
