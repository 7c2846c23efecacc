import { z } from "zod";

export type JsonSchema = Readonly<Record<string, unknown>>;

const uri = (id: string) => `#/components/schemas/${id}`;

/** Makes `components.schemas` of every schema with an id, in the order of their names. */
export function componentSchemas(): Record<string, JsonSchema> {
  const { schemas } = z.toJSONSchema(z.globalRegistry, { io: "input", uri, override: tidy });
  return Object.fromEntries(
    Object.entries(schemas)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([id, schema]) => [id, withoutDialect(schema)]),
  );
}

/** Refers to a schema by its id. */
export function refTo(schema: z.ZodType): JsonSchema {
  const id = z.globalRegistry.get(schema)?.id;
  if (id === undefined) throw new TypeError("the schema of a body or an answer has an id: .meta({ id })");
  return { $ref: uri(id) };
}

/** Lists the fields of a query or path. */
export function fieldsOf(schema: z.ZodObject): readonly { name: string; required: boolean; schema: JsonSchema }[] {
  const { properties = {}, required = [] } = z.toJSONSchema(schema, { io: "input", override: tidy });
  return Object.entries(properties).map(([name, field]) => ({
    name,
    required: required.includes(name),
    schema: field as JsonSchema,
  }));
}

/** Writes defaults as a request has them, and leaves out patterns that a format stands for, and ids. */
function tidy({ zodSchema, jsonSchema }: { zodSchema: z.core.$ZodTypes; jsonSchema: z.core.JSONSchema.BaseSchema }) {
  const { def } = zodSchema._zod;
  if (def.type === "default") jsonSchema.default = def.defaultValue as typeof jsonSchema.default;
  if (jsonSchema.format === "date-time" || jsonSchema.format === "date" || jsonSchema.format === "uuid")
    delete jsonSchema.pattern;
  delete jsonSchema["id"];
}

function withoutDialect({ $schema: _dialect, $id: _id, ...schema }: JsonSchema): JsonSchema {
  return schema;
}
