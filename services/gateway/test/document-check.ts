import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import type { OpenApi } from "../src/openapi/document.js";
import type { Answer } from "./open-world.js";

type Json = Readonly<Record<string, unknown>>;

/** Holds answers against the document: the status is one it names, the body is what it says, and has no field beside. */
export function documentCheck(document: OpenApi) {
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  addFormats.default(ajv);
  const schemas = closed(document.components.schemas) as Json;
  const validators = new Map<string, ValidateFunction>();
  const seen = new Set<string>();

  /** @throws when the answer is not what `method path` answers. */
  const check = (method: string, path: string, answer: Answer): void => {
    const where = `${method} ${path} ${answer.status}`;
    const responses = document.paths[path]?.[method]?.["responses"] as Record<string, { content: Json }> | undefined;
    const content = responses?.[answer.status]?.content;
    if (content === undefined) throw new Error(`${where} is not in the document`);
    const [type, media] = Object.entries(content)[0] as [string, { schema: Json }];
    if (!answer.headers.get("content-type")?.startsWith(type)) throw new Error(`${where} is not ${type}`);
    const key = `${method} ${path} ${answer.status}`;
    const validate = validators.get(key) ?? compile(media.schema);
    validators.set(key, validate);
    if (!validate(answer.body)) throw new Error(`${where}: ${ajv.errorsText(validate.errors)}`);
    seen.add(String(document.paths[path]?.[method]?.["operationId"]));
  };
  const compile = (schema: Json) => ajv.compile({ ...(closed(schema) as Json), components: { schemas } });
  return { check, seen };
}

/** Objects with known fields have no others. */
function closed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closed);
  if (typeof schema !== "object" || schema === null) return schema;
  const inner = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, closed(value)]));
  return inner["type"] === "object" && "properties" in inner ? { ...inner, additionalProperties: false } : inner;
}
