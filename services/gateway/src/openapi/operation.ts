import { ProblemDetails } from "../http/answers.js";
import { LARGE_BODY_BYTES, SMALL_BODY_BYTES } from "../http/body.js";
import { TITLES } from "../http/problem.js";
import type { Access, Answer, Declaration, Refused, RequestBody } from "../http/route.js";
import { EXAMPLES } from "./gen/examples.js";
import { fieldsOf, type JsonSchema, refTo } from "./schemas.js";

const SECURITY: Readonly<Record<Access, readonly JsonSchema[]>> = {
  public: [],
  optional: [{}, { bearer: [] }, { guest: [] }],
  guest: [{}, { bearer: [] }, { guest: [] }],
  "signed-in": [{ bearer: [] }],
  bearer: [{ bearer: [] }],
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

/** Describes a route as an OpenAPI operation. */
export function operation(route: Declaration, tag: string): JsonSchema {
  const { name, summary, description, access, body } = route;
  return {
    operationId: name,
    summary,
    description,
    tags: [tag],
    "x-repeatable": isRepeatable(route),
    security: SECURITY[access],
    ...withAny("parameters", parameters(route)),
    ...(body !== undefined && { requestBody: requestBody(body, EXAMPLES[name]?.request) }),
    responses: responses(route),
  };
}

/** Whether a client that got no answer may send the request again. */
function isRepeatable({ method, keyed, repeatable }: Declaration): boolean {
  return repeatable === true || keyed === true || method === "get" || method === "put" || method === "delete";
}

function parameters({ params, query, keyed }: Declaration): readonly JsonSchema[] {
  const inPath =
    params === undefined ? [] : fieldsOf(params).map((field) => ({ ...field, in: "path", required: true }));
  const inQuery = query === undefined ? [] : fieldsOf(query).map((field) => ({ ...field, in: "query" }));
  return [...inPath, ...inQuery, ...(keyed ? [IDEMPOTENCY_KEY] : [])];
}

function requestBody(
  { schema, documented, optional, types = ["application/json"], maxBytes }: RequestBody,
  example: unknown,
): JsonSchema {
  const media = withExample(refTo(documented ?? schema), example);
  const content = Object.fromEntries(types.map((type) => [type, media]));
  return { description: bodyLimit(maxBytes), required: optional !== true, content };
}

function withExample(schema: JsonSchema, example: unknown): JsonSchema {
  return example === undefined ? { schema } : { schema, example };
}

function bodyLimit(maxBytes: number | undefined): string {
  const kib = (bytes: number) => `${bytes / 1_024} KiB`;
  if (maxBytes !== undefined) return `At most ${kib(maxBytes)}.`;
  return `At most ${kib(LARGE_BODY_BYTES)} with a good access token, ${kib(SMALL_BODY_BYTES)} without one.`;
}

function responses(route: Declaration): Record<string, JsonSchema> {
  const refused = Object.entries(refusalsOf(route)).map(([status, text]) => [status, refusal(Number(status), text)]);
  return Object.fromEntries([success(route), ...refused]);
}

function success({ name, answer, access }: Declaration): readonly [number, JsonSchema] {
  const example = EXAMPLES[name]?.answer;
  if (!("data" in answer)) {
    const content = { [answer.type]: withExample({}, example) };
    return [200, { description: "OK", headers: REQUEST_ID, content }];
  }
  const { status = 200 } = answer;
  const headers = { ...REQUEST_ID, ...(access === "guest" && ANONYMOUS_ID), ...(answer.location && LOCATION) };
  const content = { "application/json": withExample(envelope(answer), example) };
  return [status, { description: DONE[status], headers, content }];
}

const DONE = { 200: "OK", 201: "Created", 202: "Accepted" } as const;

function envelope({ data }: Extract<Answer, { data: unknown }>): JsonSchema {
  return {
    type: "object",
    properties: { message: { type: "string", const: "OK" }, data: refTo(data) },
    required: ["message", "data"],
  };
}

/** Refusals of every route of its kind, and those that it declares itself. */
function refusalsOf({ body, access, keyed, rate, refuses = {} }: Declaration): Readonly<Record<string, string>> {
  const ofKind: Record<number, string> = {
    400: "The request is malformed; `errors` names its fields",
    ...(access !== "public" && { 401: "The token does not count, or is missing" }),
    ...(keyed && { 409: "A request with this key is being answered", 422: "This key came with another body" }),
    ...(body !== undefined && { 413: "The body is too large", 415: "The body is not JSON" }),
    ...(rate !== undefined && { 429: "Too many of these from this reader or network" }),
    500: "A fault of the gateway",
    503: "Too many requests at once, or a dependency is away",
  };
  const both = (status: Refused) => [ofKind[status], refuses[status]].filter((text) => text !== undefined).join(". ");
  const own = (Object.keys(refuses) as unknown as Refused[]).map((status) => [status, both(status)]);
  return { ...ofKind, ...Object.fromEntries(own) };
}

function refusal(status: number, text: string): JsonSchema {
  return {
    description: `${TITLES[status] ?? "Error"}. ${text}.`,
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
