import { TITLES } from "../http/problem.js";
import { ProblemDetails } from "./answers.js";
import type { Access, Route } from "./route.js";
import { fieldsOf, type JsonSchema, refTo } from "./schemas.js";

const SECURITY: Readonly<Record<Access, readonly JsonSchema[]>> = {
  nobody: [],
  optional: [{}, { bearer: [] }, { guest: [] }],
  guest: [{}, { bearer: [] }, { guest: [] }],
  "signed-in": [{ bearer: [] }],
};
const IDEMPOTENCY_KEY = {
  name: "Idempotency-Key",
  in: "header",
  required: false,
  description: "The same key and body within 24 h is the same request: it is answered again, not done again.",
  schema: { type: "string", pattern: "^[\\x21-\\x7e]{1,255}$" },
};
const REQUEST_ID = { "X-Request-Id": { schema: { type: "string" } } };
const ANONYMOUS_ID = {
  "X-Anonymous-Id": { description: "A new guest's id: send `Authorization: Anony <id>`.", schema: { type: "string" } },
};
const LOCATION = { Location: { schema: { type: "string", format: "uri-reference" } } };
const RETRY_AFTER = { "Retry-After": { description: "Seconds.", schema: { type: "integer", minimum: 1 } } };

/** One route as an OpenAPI operation. */
export function operation(route: Route, story: string): JsonSchema {
  const { name, summary, more, access, body } = route;
  return {
    operationId: name,
    summary,
    ...(more !== undefined && { description: more }),
    tags: [story],
    "x-repeatable": isRepeatable(route),
    ...(SECURITY[access].length > 0 && { security: SECURITY[access] }),
    ...withAny("parameters", parameters(route)),
    ...(body !== undefined && { requestBody: requestBody(body) }),
    responses: responses(route),
  };
}

/** Whether a client that got no answer may ask again. */
function isRepeatable({ method, keyed, repeatable }: Route): boolean {
  return repeatable === true || keyed === true || method === "get" || method === "put" || method === "delete";
}

function parameters({ params, query, keyed }: Route): readonly JsonSchema[] {
  const inPath =
    params === undefined ? [] : fieldsOf(params).map((field) => ({ ...field, in: "path", required: true }));
  const inQuery = query === undefined ? [] : fieldsOf(query).map((field) => ({ ...field, in: "query" }));
  return [...inPath, ...inQuery, ...(keyed ? [IDEMPOTENCY_KEY] : [])];
}

function requestBody({ schema, optional, types = ["application/json"] }: NonNullable<Route["body"]>): JsonSchema {
  const content = Object.fromEntries(types.map((type) => [type, { schema: refTo(schema) }]));
  return { required: optional !== true, content };
}

function responses(route: Route): Record<string, JsonSchema> {
  const refused = refusalsOf(route).map((status) => [status, refusal(status)] as const);
  return Object.fromEntries([success(route), ...refused]);
}

function success({ answers, access }: Route): readonly [number, JsonSchema] {
  if (!("data" in answers))
    return [200, { description: "OK", headers: REQUEST_ID, content: { [answers.type]: { schema: {} } } }];
  const schema = {
    type: "object",
    properties: { message: { const: "OK" }, data: refTo(answers.data) },
    required: ["message", "data"],
  };
  const headers = { ...REQUEST_ID, ...(access === "guest" && ANONYMOUS_ID), ...(answers.location && LOCATION) };
  return [answers.status ?? 200, { description: "OK", headers, content: { "application/json": { schema } } }];
}

/** What every route of its kind may be refused with, and what this one adds. */
function refusalsOf({ params, query, body, access, keyed, refuses = [] }: Route): readonly number[] {
  const takesInput = params !== undefined || query !== undefined || body !== undefined;
  const kinds = [
    ...(takesInput ? [400] : []),
    ...(access === "nobody" ? [] : [401]),
    ...(keyed ? [409, 422] : []),
    ...(body === undefined ? [] : [413, 415]),
  ];
  return [...new Set([...kinds, ...refuses, 500, 503])].sort((a, b) => a - b);
}

function refusal(status: number): JsonSchema {
  return {
    description: TITLES[status] ?? "Error",
    headers: { ...REQUEST_ID, ...((status === 503 || status === 429) && RETRY_AFTER) },
    content: { "application/problem+json": { schema: refTo(ProblemDetails) } },
  };
}

function withAny<Name extends string>(
  name: Name,
  list: readonly JsonSchema[],
): { [key in Name]?: readonly JsonSchema[] } {
  return list.length > 0 ? ({ [name]: list } as { [key in Name]: readonly JsonSchema[] }) : {};
}
