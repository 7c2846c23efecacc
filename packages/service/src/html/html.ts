/** Markup that is safe to send; only the `html` template makes it. */
export class Html {
  constructor(readonly text: string) {}

  toString(): string {
    return this.text;
  }
}

/** Value of a template: lists are written one after the other; null, undefined and booleans are nothing. */
export type Content = Html | string | number | bigint | boolean | null | undefined | readonly Content[];

/**
 * Makes markup of a template; every value is escaped unless it is markup. Attribute values must stand in double quotes.
 *
 * @example
 * ```ts
 * import { html } from "@headline/service/html";
 *
 * const cells = ["<b>", html`<i>${1}</i>`];
 * console.log(html`<p title="${"a & b"}">${cells}</p>`.text); // <p title="a &amp; b">&lt;b&gt;<i>1</i></p>
 * ```
 */
export function html(strings: TemplateStringsArray, ...values: readonly Content[]): Html {
  return new Html(strings.reduce((text, string, at) => text + markup(values[at - 1]) + string));
}

/** Contents with a separator between them. */
export function joined(contents: readonly Content[], separator: string): Html {
  return html`${contents.flatMap((content, at) => (at === 0 ? [content] : [separator, content]))}`;
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

function markup(content: Content): string {
  if (content instanceof Html) return content.text;
  if (content === null || content === undefined || typeof content === "boolean") return "";
  if (typeof content === "object") return content.map(markup).join("");
  return String(content).replace(/[&<>"']/g, (character) => ENTITIES[character] as string);
}
