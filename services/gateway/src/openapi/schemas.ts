import { z } from "zod";
import { Draft, Edit } from "../articles/draft.js";
import { NewComment } from "../comments/write-comment.js";
import { NewMessage, ReadUpTo } from "../conversations/conversation-handlers.js";
import { EventItem } from "../events/event-item.js";
import { NotificationsRead } from "../notifications/mark-notifications-read.js";
import { NewOrder } from "../orders/order-handlers.js";
import { PasswordChange } from "../users/change-password.js";
import { Renewal, SignIn, SignUp } from "../users/sign-in.js";
import * as answers from "./answers.js";
import { EventUpload } from "./reading-routes.js";

export type JsonSchema = Readonly<Record<string, unknown>>;

const bodies = { Draft, Edit, NewComment, EventItem, EventUpload, NotificationsRead, NewMessage, ReadUpTo, NewOrder };
const signIns = { SignUp, SignIn, Renewal, PasswordChange };

/** The schemas that have a name in the document. */
const named = z.registry<{ id: string }>();
for (const [id, schema] of Object.entries({ ...bodies, ...signIns, ...answers })) named.add(schema, { id });

const uri = (id: string) => `#/components/schemas/${id}`;

/** `components.schemas`: what goes in and out, each by its name. */
export function componentSchemas(): Record<string, JsonSchema> {
  const { schemas } = z.toJSONSchema(named, { io: "input", uri, override: tidy });
  return Object.fromEntries(Object.entries(schemas).map(([id, schema]) => [id, withoutDialect(schema)]));
}

/** A named schema by reference. */
export function refTo(schema: z.ZodType): JsonSchema {
  const id = named.get(schema)?.id;
  if (id === undefined) throw new TypeError("a body or an answer has a name in openapi/schemas.ts");
  return { $ref: uri(id) };
}

/** Each field of a query or path. */
export function fieldsOf(schema: z.ZodObject): readonly { name: string; required: boolean; schema: JsonSchema }[] {
  const { properties = {}, required = [] } = z.toJSONSchema(schema, { io: "input", override: tidy });
  return Object.entries(properties).map(([name, field]) => ({
    name,
    required: required.includes(name),
    schema: field as JsonSchema,
  }));
}

/** Says defaults as they are asked for, and leaves out patterns that a format already stands for. */
function tidy({ zodSchema, jsonSchema }: { zodSchema: z.core.$ZodTypes; jsonSchema: z.core.JSONSchema.BaseSchema }) {
  const { def } = zodSchema._zod;
  if (def.type === "default") jsonSchema.default = def.defaultValue as typeof jsonSchema.default;
  if (jsonSchema.format === "date-time" || jsonSchema.format === "date" || jsonSchema.format === "uuid")
    delete jsonSchema.pattern;
}

function withoutDialect({ $schema: _dialect, $id: _id, ...schema }: JsonSchema): JsonSchema {
  return schema;
}
