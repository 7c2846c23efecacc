import type { Declaration } from "../http/route.js";
import { operation } from "./operation.js";
import { componentSchemas, type JsonSchema } from "./schemas.js";

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

interface DocumentedStory {
  readonly tag: string;
  readonly about: string;
  readonly routes: readonly Declaration[];
}

/** Assembles the HTTP interface as OpenAPI 3.1 from the declarations of its routes. */
export function openApiDocument(stories: Readonly<Record<string, DocumentedStory>>): OpenApi {
  const paths: Record<string, Record<string, JsonSchema>> = {};
  const tags = Object.values(stories);
  for (const { tag, routes } of tags)
    for (const route of routes) {
      const path = openApiPath(route);
      paths[path] = { ...paths[path], [route.method]: operation(route, tag) };
    }
  return {
    openapi: "3.1.0",
    info: {
      title: "Headline",
      version: "1",
      description: ABOUT,
      contact: { name: "The contributors of Headline" },
      license: { name: "MIT", identifier: "MIT" },
    },
    servers: [{ url: "/" }],
    tags: tags.map(({ tag, about }) => ({ name: tag, description: about })),
    paths,
    components: { schemas: componentSchemas(), securitySchemes: { bearer: BEARER, guest: GUEST } },
  };
}

/** Writes `/articles/:id` as `/articles/{id}`. */
export function openApiPath({ path }: Pick<Declaration, "path">): string {
  return path.replaceAll(/:(\w+)/g, "{$1}");
}
