import type { JsonSchema } from "../schemas.js";

const BY_FORMAT: Readonly<Record<string, string>> = {
  "date-time": "2026-11-20T22:00:00.000Z",
  date: "2026-11-20",
  uuid: "7f9c24e8-3b12-4f6a-9d51-0c8f5b7a2e10",
  "uri-reference": "/covers/robot-1.svg",
};

/** A value that the schema of a parameter allows. */
export function exampleOf(schema: JsonSchema, name: string): unknown {
  const { enum: values, type, format, pattern } = schema;
  if (Array.isArray(values)) return values[0];
  if (type === "integer" || type === "number") return /time|ts|since/.test(name) ? 1_795_219_200_000 : 1;
  if (typeof format === "string" && format in BY_FORMAT) return BY_FORMAT[format];
  return typeof pattern === "string" ? "17" : "…";
}

/** Describes a type in words: `whole number, 1 to 50`. */
export function typeInWords(schema: JsonSchema): string {
  const { $ref, anyOf, type, enum: values, format, items, default: otherwise } = schema;
  const range = rangeOf(schema);
  const ends = `${range === "" ? "" : `, ${range}`}${otherwise === undefined ? "" : `, default ${JSON.stringify(otherwise)}`}`;
  if (typeof $ref === "string") return $ref.slice($ref.lastIndexOf("/") + 1);
  if (Array.isArray(values)) return values.join(" | ") + ends;
  if (Array.isArray(anyOf))
    return [...new Set(anyOf.map((option) => typeInWords(option as JsonSchema)))].join(" or ") + ends;
  if (type === "array") return `list of ${typeInWords(items as JsonSchema)}${ends}`;
  if (type === "string" && schema["pattern"] !== undefined && range !== "") return `decimal id${ends}`;
  return `${WORDS[String(format ?? type)] ?? String(format ?? type ?? "anything")}${ends}`;
}

const WORDS: Readonly<Record<string, string>> = {
  integer: "whole number",
  string: "text",
  "date-time": "ISO 8601 time",
  date: "day, YYYY-MM-DD",
  uuid: "UUID",
  "uri-reference": "URL or path",
};

function rangeOf({ minimum, maximum, minLength, maxLength, minItems, maxItems }: JsonSchema): string {
  if (minimum !== undefined && maximum === Number.MAX_SAFE_INTEGER) return `from ${minimum}`;
  const [from, to, of] =
    minimum !== undefined || maximum !== undefined
      ? [minimum, maximum, ""]
      : minLength !== undefined || maxLength !== undefined
        ? [minLength, maxLength, " characters"]
        : [minItems, maxItems, " items"];
  if (from === undefined && to === undefined) return "";
  if (to === undefined) return `from ${from}${of}`;
  return from === undefined ? `up to ${to}${of}` : `${from} to ${to}${of}`;
}
