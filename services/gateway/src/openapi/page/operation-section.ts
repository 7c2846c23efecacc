import { type Html, html } from "@headline/service/html";
import type { JsonSchema } from "../schemas.js";
import { exampleOf, typeInWords } from "./example.js";
import { prose } from "./prose.js";

export interface Operation {
  readonly method: string;
  readonly path: string;
  readonly operation: JsonSchema;
}
type Schemas = Readonly<Record<string, JsonSchema>>;
type Content = Readonly<Record<string, { readonly schema: JsonSchema; readonly example?: unknown }>>;
interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly required: boolean;
  readonly description?: string;
  readonly schema: JsonSchema;
}
interface Response {
  readonly description: string;
  readonly content: Content;
}

/** Renders an operation: its input, a request to copy, its answers. */
export function operationSection({ method, path, operation }: Operation, schemas: Schemas): Html {
  const { operationId, summary, description, security, parameters = [], requestBody, responses } = operation;
  const body = requestBody as { required: boolean; content: Content } | undefined;
  const [media] = Object.values(body?.content ?? {});
  const bodySchema = media && resolve(media.schema, schemas);
  return html`<article id="${String(operationId)}">
<h3><b class="${method}">${method}</b> <code>${path}</code> ${access(security)}</h3>
<p>${prose(`${summary}.`)} ${description === undefined ? "" : prose(String(description))}</p>
${fields(parameters as readonly Parameter[])}
${bodySchema === undefined ? "" : fields(bodyFields(bodySchema))}
<pre>${curl(method, path, parameters as readonly Parameter[], security, media?.example)}</pre>
${answers(responses as Readonly<Record<string, Response>>)}
</article>
`;
}

function access(security: unknown): Html {
  if (!Array.isArray(security) || security.length === 0) return html``;
  return security.length === 1 ? html`<em>signed in</em>` : html`<em>anybody, signed in or a guest</em>`;
}

function resolve(schema: JsonSchema, schemas: Schemas): JsonSchema {
  const ref = schema["$ref"];
  return typeof ref === "string" ? (schemas[ref.slice(ref.lastIndexOf("/") + 1)] ?? {}) : schema;
}

function bodyFields({ properties = {}, required = [] }: JsonSchema): readonly Parameter[] {
  const names = required as readonly string[];
  return Object.entries(properties as Schemas).map(([name, schema]) => ({
    name,
    in: "body",
    required: names.includes(name),
    schema,
  }));
}

function fields(parameters: readonly Parameter[]): Html {
  if (parameters.length === 0) return html``;
  const rows = parameters.map(
    ({ name, in: where, required, schema, description }) =>
      html`<tr><td><code>${name}</code>${required ? "" : "?"}</td><td>${where}</td><td>${prose(`${typeInWords(schema)}${description === undefined ? "" : `. ${description}`}`)}</td></tr>`,
  );
  return html`<table>${rows}</table>`;
}

function answers(responses: Readonly<Record<string, Response>>): Html {
  const [good = ["", undefined], ...bad] = Object.entries(responses);
  const [media] = Object.values(good[1]?.content ?? {});
  const example = typeof media?.example === "object" ? JSON.stringify(media.example, null, 1) : undefined;
  const refusals = bad.map(([status, { description }]) => html`<span title="${description}">${status}</span> `);
  return html`<details><summary>returns <b>${good[0]}</b>; refuses with ${refusals}</summary>
${example === undefined ? html`<p>${Object.keys(good[1]?.content ?? {}).join(", ")}</p>` : html`<pre>${example}</pre>`}
</details>`;
}

/** A request to copy, for a gateway on the same machine. */
function curl(
  method: string,
  path: string,
  parameters: readonly Parameter[],
  security: unknown,
  body: unknown,
): string {
  const query = parameters
    .filter((parameter) => parameter.in === "query" && parameter.required)
    .map(({ name, schema }) => `${name}=${exampleOfParameter(name, schema)}`);
  const url = `http://localhost:3000${path.replaceAll(/\{\w+\}/g, "17")}${query.length > 0 ? `?${query.join("&")}` : ""}`;
  return [
    "curl",
    ...(method === "get" || (method === "post" && body !== undefined) ? [] : [`-X ${method.toUpperCase()}`]),
    ...(Array.isArray(security) && security.length === 1 ? [`-H "Authorization: Bearer $TOKEN"`] : []),
    ...(body === undefined ? [] : [`-H 'Content-Type: application/json' -d '${JSON.stringify(body)}'`]),
    `'${url}'`,
  ].join(" ");
}

function exampleOfParameter(name: string, schema: JsonSchema): string {
  return name === "channel_id" ? "0" : String(exampleOf(schema, name));
}
