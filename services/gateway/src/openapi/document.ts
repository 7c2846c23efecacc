import { operation } from "./operation.js";
import type { Route } from "./route.js";
import { componentSchemas, type JsonSchema } from "./schemas.js";
import { STORIES } from "./stories.js";

export type OpenApi = JsonSchema & {
  readonly paths: Readonly<Record<string, Readonly<Record<string, JsonSchema>>>>;
  readonly components: Readonly<Record<"schemas" | "securitySchemes", Readonly<Record<string, JsonSchema>>>>;
};

const ABOUT = `JSON in, JSON out: \`{"message":"OK","data":{…}}\` on success, \`application/problem+json\` (RFC 9457) on failure. Ids are
decimal strings in answers, and strings or safe integers in requests. Every answer carries \`X-Request-Id\`. What is called
over a websocket is not described here: \`docs/push.md\`.`;

const BEARER = {
  type: "http",
  scheme: "bearer",
  bearerFormat: "JWT",
  description: "An access token of POST /authorizations.",
};
const GUEST = {
  type: "apiKey",
  in: "header",
  name: "Authorization",
  description: "`Anony <id>`: a guest, by the `X-Anonymous-Id` that the first answer carried.",
};

/** The HTTP interface as OpenAPI 3.1, made of the schemas that validate. */
export function openApiDocument(): OpenApi {
  const paths: Record<string, Record<string, JsonSchema>> = {};
  for (const { name, routes } of STORIES)
    for (const route of routes) {
      const path = openApiPath(route);
      paths[path] = { ...paths[path], [route.method]: operation(route, name) };
    }
  return {
    openapi: "3.1.0",
    info: { title: "Headline", version: "1", description: ABOUT, license: { name: "MIT", identifier: "MIT" } },
    servers: [{ url: "/" }],
    tags: STORIES.map(({ name, about }) => ({ name, description: about })),
    paths,
    components: { schemas: componentSchemas(), securitySchemes: { bearer: BEARER, guest: GUEST } },
  };
}

/** `/articles/:id` is `/articles/{id}`. */
export function openApiPath({ path }: Pick<Route, "path">): string {
  return path.replaceAll(/:(\w+)/g, "{$1}");
}
