import type { Route } from "./route.js";

const PLAIN = { method: "get", access: "nobody" } as const;

export const operationsRoutes: readonly Route[] = [
  { ...PLAIN, path: "/healthz", name: "healthz", summary: "The process lives", answers: { type: "text/plain" } },
  {
    ...PLAIN,
    path: "/readyz",
    name: "readyz",
    summary: "It takes readers; 503 while it drains, and while it has no feed to show yet",
    answers: { type: "text/plain" },
  },
  { ...PLAIN, path: "/metrics", name: "metrics", summary: "For Prometheus", answers: { type: "text/plain" } },
  {
    ...PLAIN,
    path: "/openapi.json",
    name: "openapi",
    summary: "This document",
    answers: { type: "application/json" },
  },
  { ...PLAIN, path: "/docs", name: "docs", summary: "This document, to read", answers: { type: "text/html" } },
  { ...PLAIN, path: "/docs/style.css", name: "docsStyle", summary: "How it looks", answers: { type: "text/css" } },
];
