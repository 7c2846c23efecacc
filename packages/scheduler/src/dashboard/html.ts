/** Escaped markup, made by the `html` template alone. */
export class Html {
  constructor(readonly text: string) {}

  toString(): string {
    return this.text;
  }
}

/** Value in a template; null, undefined and booleans render nothing. */
export type Content = Html | string | number | bigint | boolean | null | undefined | readonly Content[];

/** Renders HTML, escaping every value that is not HTML itself. Attribute values must stand in double quotes. */
export function html(strings: TemplateStringsArray, ...values: readonly Content[]): Html {
  let text = strings[0]!;
  for (const [index, value] of values.entries()) text += markup(value) + strings[index + 1]!;
  return new Html(text);
}

function markup(content: Content): string {
  if (content instanceof Html) return content.text;
  if (content === null || content === undefined || typeof content === "boolean") return "";
  if (typeof content === "object") return content.map(markup).join("");
  return escaped(String(content));
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character]!);
}
