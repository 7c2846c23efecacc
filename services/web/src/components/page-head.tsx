import { BackLink } from "./back-link.js";

/** Head of a page: its title, and the link back, which on a phone is in the top bar. */
export function PageHead({ title }: { title?: string }) {
  return (
    <header class={title === undefined ? "page-head wide-only" : "page-head"}>
      <BackLink kind="wide-only" />
      {title !== undefined && <h1>{title}</h1>}
    </header>
  );
}
