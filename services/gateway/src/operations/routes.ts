import type { RequestHandler } from "express";
import { route, type Story } from "../http/route.js";
import type { OpenApi } from "../openapi/document.js";
import { serveDocs, serveDocsStyle, serveDocument } from "../openapi/serve-document.js";
import { healthz, readyz } from "./probes.js";

export interface OperationDeps {
  /** Whether to take new readers: false while starting and draining. */
  readonly isReady: () => boolean;
  /** Sends the metrics; undefined where another port does. */
  readonly metrics: RequestHandler | undefined;
  readonly document: () => OpenApi;
}

export const operations: Story<OperationDeps> = {
  tag: "Operations",
  about: "Probes, metrics and this document.",
  routes: [
    route({
      method: "get",
      path: "/healthz",
      name: "healthz",
      summary: "Liveness probe",
      description: "The process lives.",
      access: "public",
      probe: true,
      answer: { type: "text/plain" },
      raw: healthz,
    }),
    route({
      method: "get",
      path: "/readyz",
      name: "readyz",
      summary: "Readiness probe",
      description: "The gateway takes readers; 503 while it drains, and while it has no feed to show yet.",
      access: "public",
      probe: true,
      answer: { type: "text/plain" },
      raw: readyz,
    }),
    route({
      method: "get",
      path: "/metrics",
      name: "metrics",
      summary: "Reads the metrics",
      description: "In Prometheus's text format, unless they have a port of their own.",
      access: "public",
      probe: true,
      answer: { type: "text/plain" },
      raw: ({ metrics }: Pick<OperationDeps, "metrics">) => metrics,
    }),
    route({
      method: "get",
      path: "/openapi.json",
      name: "openapi",
      summary: "Reads this document",
      description: "OpenAPI 3.1, for tools.",
      access: "public",
      answer: { type: "application/json" },
      raw: serveDocument,
    }),
    route({
      method: "get",
      path: "/docs",
      name: "docs",
      summary: "Shows this document",
      description: "As one page without scripts.",
      access: "public",
      answer: { type: "text/html" },
      raw: serveDocs,
    }),
    route({
      method: "get",
      path: "/docs/style.css",
      name: "docsStyle",
      summary: "Reads the style of the page",
      description: "For light and dark.",
      access: "public",
      answer: { type: "text/css" },
      raw: serveDocsStyle,
    }),
  ],
};
