import { STATUS_CODES } from "node:http";
import { type Html, html } from "../html.js";
import type { Problem } from "../http/problem.js";
import { paths } from "../paths.js";

/** Renders a refusal for browsers, without the visitor, who may not be authorized. */
export function refusalPage(
  { base, title, assetVersion }: { base: string; title: string; assetVersion: string },
  problem: Problem,
): Html {
  const heading = STATUS_CODES[problem.status] ?? "Error";
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${heading} · ${title}</title>
<link rel="icon" href="${base}${paths.asset("icon.svg")}?v=${assetVersion}" type="image/svg+xml">
<link rel="stylesheet" href="${base}${paths.asset("dashboard.css")}?v=${assetVersion}">
</head>
<body>
<header><a class="brand" href="${base}/">${title}</a></header>
<main id="content">
<h1>${problem.status} ${heading}</h1>
<p class="warning" dir="auto" role="alert">${problem.detail ?? "Something went wrong here; the log may say more."}</p>
<p><a href="${base}/">Back to the jobs</a></p>
</main>
</body>
</html>
`;
}
