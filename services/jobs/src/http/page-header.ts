import { type Html, html, joined } from "@headline/service/html";
/** The job service's own pages, beside the scheduler's dashboard. */
export const PAGES = [
  { href: "/health", text: "Health" },
  { href: "/tasks", text: "Background tasks" },
  { href: "/explain", text: "Explain a feed" },
  { href: "/experiments", text: "Experiments" },
] as const;

/** Header of every staff page. */
export function pageHeader(current: "health" | "tasks" | "explain" | "experiments"): Html {
  const links = PAGES.map(({ href, text }) =>
    href === `/${current}` ? html`<strong aria-current="page">${text}</strong>` : html`<a href="${href}">${text}</a>`,
  );
  return html`<header><a href="/">Jobs</a> ${joined(links, " ")}
<form method="post" action="/sign-out"><button type="submit">Sign out</button></form></header>`;
}
