import type { RequestHandler } from "express";
import { openApiDocument } from "./document.js";
import { docsPage } from "./page/docs-page.js";
import { DOCS_STYLE } from "./page/docs-style.js";

/** Nothing but the page itself and its style; no script at all. */
const CONTENT_SECURITY_POLICY =
  "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** GET /openapi.json; any site may read it. */
export function serveDocument(): RequestHandler {
  return serve("application/json; charset=utf-8", () => JSON.stringify(openApiDocument()), {
    "Access-Control-Allow-Origin": "*",
  });
}

/** GET /docs: the same, for people. */
export function serveDocs(): RequestHandler {
  return serve("text/html; charset=utf-8", () => docsPage(openApiDocument()), {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "Referrer-Policy": "same-origin",
  });
}

/** GET /docs/style.css */
export function serveDocsStyle(): RequestHandler {
  return serve("text/css; charset=utf-8", () => DOCS_STYLE);
}

/** What is the same for everybody as long as the process lives, made when it is first asked for. */
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
