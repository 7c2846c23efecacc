/** The job service's own pages, beside the scheduler's dashboard. */
export const PAGES = [
  { href: "/health", text: "Health" },
  { href: "/tasks", text: "Background tasks" },
  { href: "/explain", text: "Explain a feed" },
  { href: "/experiments", text: "Experiments" },
] as const;

/** Header of every staff page. */
export function pageHeader(current: "health" | "tasks" | "explain" | "experiments"): string {
  const links = PAGES.map(({ href, text }) =>
    href === `/${current}` ? `<strong aria-current="page">${text}</strong>` : `<a href="${href}">${text}</a>`,
  );
  return `<header><a href="/">Jobs</a> ${links.join(" ")}
<form method="post" action="/sign-out"><button type="submit">Sign out</button></form></header>`;
}
