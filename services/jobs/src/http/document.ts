import { type Html, html } from "@headline/service/html";
import type { Response } from "express";

const CONTENT_SECURITY_POLICY =
  "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/** Answers a page of ours: no script, nothing of another site, in no frame, in no cache. */
export function document(res: Response, status: number, title: string, body: Html): void {
  res.status(status);
  res.setHeader("Content-Security-Policy", CONTENT_SECURITY_POLICY);
  res.setHeader("X-Content-Type-Options", "nosniff");
  res.setHeader("Referrer-Policy", "same-origin");
  res.setHeader("Cache-Control", "no-store");
  res.type("html").send(
    html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark"><title>${title} · Headline jobs</title>
<link rel="stylesheet" href="/jobs.css"></head>
<body>${body}</body></html>
`.text,
  );
}
