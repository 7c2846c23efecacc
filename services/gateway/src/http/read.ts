import { FIELDS_MAX, type FieldError, Refusal } from "@headline/service/errors";
import { z } from "zod";

export const INT64_MAX = 9_223_372_036_854_775_807n;
const DECIMAL = /^(0|[1-9]\d*)$/;

/** More than any request here has: beyond that nothing is looked at one by one. */
const KEYS_MAX = 64;
const ITEMS_MAX = 200;

/**
 * Parses a request's query, path or body by `schema`; `whole` names what is wrong when no field of it is.
 *
 * @throws Refusal INVALID_ARGUMENT naming the fields, up to twenty.
 */
export function read<Schema extends z.ZodType>(schema: Schema, input: unknown, whole = "body"): z.output<Schema> {
  refuseCrowd(input, whole);
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  const { issues } = parsed.error;
  const fields = issues.slice(0, FIELDS_MAX).flatMap((issue) => fieldsOf(issue, whole));
  throw refusalOf(fields.slice(0, FIELDS_MAX), countOf(issues));
}

/** Refuses more fields, or more items of one, than any schema knows, before each of them is validated. */
function refuseCrowd(input: unknown, whole: string): void {
  if (typeof input !== "object" || input === null) return;
  if (Array.isArray(input)) {
    if (input.length > ITEMS_MAX) throw invalid(whole, `has more than ${ITEMS_MAX} items`);
    return;
  }
  const keys = Object.keys(input);
  if (keys.length > KEYS_MAX) throw invalid(whole, `has more than ${KEYS_MAX} fields`);
  for (const key of keys) {
    const value = (input as Record<string, unknown>)[key];
    if (Array.isArray(value) && value.length > ITEMS_MAX) throw invalid(key, `has more than ${ITEMS_MAX} items`);
  }
}

function fieldsOf(issue: z.core.$ZodIssue, whole: string): FieldError[] {
  const path = fieldName(issue.path);
  if (issue.code === "unrecognized_keys")
    return issue.keys.slice(0, FIELDS_MAX).map((key) => ({ field: path + key, detail: "is not known here" }));
  return [{ field: path || whole, detail: issue.message }];
}

function countOf(issues: readonly z.core.$ZodIssue[]): number {
  return issues.reduce((sum, issue) => sum + (issue.code === "unrecognized_keys" ? issue.keys.length : 1), 0);
}

function refusalOf(fields: readonly FieldError[], count: number): Refusal {
  const texts = fields.map(({ field, detail }) => `${field} ${detail}`);
  if (count > fields.length) texts.push(`and ${count - fields.length} more`);
  return new Refusal("INVALID_ARGUMENT", texts.join("; "), { fields });
}

/** Refusal of a request by one field that is wrong. */
export function invalid(field: string, detail: string): Refusal {
  return new Refusal("INVALID_ARGUMENT", `${field} ${detail}`, { fields: [{ field, detail }] });
}

/**
 * A number in a query: plain decimal digits, given once. `Number()` would also take "", " 1", "0x1" and "1e3". Here as below,
 * `meta` says in JSON Schema what the code checks, for openapi/.
 */
export function decimal({ min, max }: { min: number; max: number }) {
  return z
    .string({ error: "must be given once, as a whole number" })
    .refine((text) => DECIMAL.test(text) && text.length <= 16 && Number(text) >= min && Number(text) <= max, {
      error: `must be a whole number from ${min} to ${max}`,
    })
    .transform(Number)
    .meta({ type: "integer", minimum: min, maximum: max });
}

/** An id in a path or query: decimal digits up to 2^63 - 1. */
export const idText = z
  .string({ error: "must be given once, as a decimal id" })
  .refine((text) => DECIMAL.test(text) && text.length <= 19 && BigInt(text) <= INT64_MAX, {
    error: "must be a decimal id",
  })
  .transform(BigInt)
  .meta({ pattern: DECIMAL.source, maxLength: 19 });

/** An id in a body: a decimal string, or a number that JSON did not round. */
export const idValue = z
  .union([z.string(), z.number()], { error: "must be a decimal string or a whole number" })
  .refine(
    (value) =>
      typeof value === "number" ? Number.isSafeInteger(value) && value >= 0 : DECIMAL.test(value) && value.length <= 19,
    {
      error: "must be a decimal string or a whole number",
    },
  )
  .transform((value) => BigInt(value))
  .refine((id) => id <= INT64_MAX, { error: "must be at most 2^63 - 1" })
  .meta({
    anyOf: [
      { type: "string", pattern: DECIMAL.source, maxLength: 19 },
      { type: "integer", minimum: 0 },
    ],
  });

/** `cover[2]`, `title`: the field as the caller wrote it. */
function fieldName(path: readonly PropertyKey[]): string {
  return path
    .map((part, at) => (typeof part === "number" ? `[${part}]` : at === 0 ? String(part) : `.${String(part)}`))
    .join("");
}
