import { type Html, html } from "@headline/service/html";

/** A sentence, with `code` between backticks. */
export function prose(text: string): Html {
  const pieces = text.split("`").map((piece, at) => (at % 2 === 1 ? html`<code>${piece}</code>` : html`${piece}`));
  return html`${pieces}`;
}
