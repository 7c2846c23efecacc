import { html } from "@headline/service/html";
import type { OpenApi } from "../document.js";
import { type Operation, operationSection } from "./operation-section.js";
import { prose } from "./prose.js";

interface Tag {
  readonly name: string;
  readonly description: string;
}

/** Renders the document as one page: no script, nothing from elsewhere. */
export function docsPage(document: OpenApi): string {
  const { title, description } = document["info"] as { title: string; description: string };
  const sections = (document["tags"] as readonly Tag[]).map((tag) => ({
    tag,
    operations: operationsOf(document, tag),
  }));
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}: the HTTP interface</title>
<link rel="stylesheet" href="/docs/style.css">
</head>
<body>
<nav aria-label="Routes">
<a class="home" href="/">${title}</a>
${sections.map(
  ({ tag, operations }) => html`<h2>${tag.name}</h2>
<ul>${operations.map(({ method, path, operation }) => html`<li><a href="#${String(operation["operationId"])}"><b class="${method}">${method}</b> <span>${path}</span></a></li>`)}</ul>
`,
)}
</nav>
<main>
<h1>The HTTP interface</h1>
<p>${prose(description)}</p>
<p>For tools: <a href="/openapi.json">openapi.json</a>, OpenAPI 3.1. For browsers and Node: <code>@headline/client</code>.</p>
${sections.map(
  ({ tag, operations }) => html`<section>
<h2>${tag.name}</h2>
<p>${tag.description}</p>
${operations.map((operation) => operationSection(operation, document.components.schemas))}
</section>
`,
)}
</main>
</body>
</html>
`.text;
}

function operationsOf(document: OpenApi, { name }: Tag): readonly Operation[] {
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods)
      .filter(([, operation]) => (operation["tags"] as readonly string[]).includes(name))
      .map(([method, operation]) => ({ method, path, operation })),
  );
}
