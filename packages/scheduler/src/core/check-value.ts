import { JobSpecError } from "./errors.js";

/** Creates the error from a field and a reason. */
type Refuse = (field: string, reason: string) => Error;

/** Range of a number. `whole`: integer from 1. `amount`: 0 or more. `size`: `amount` or Infinity. `places`: `whole` or Infinity. */
export type NumberKind = "whole" | "amount" | "size" | "places";

const MUST_BE: Readonly<Record<NumberKind, string>> = {
  whole: "a whole number from 1",
  amount: "a number, 0 or more",
  size: "a number, 0 or more",
  places: "a whole number from 1",
};
const FITS: Readonly<Record<NumberKind, (value: number) => boolean>> = {
  whole: (value) => Number.isSafeInteger(value) && value >= 1,
  amount: (value) => Number.isFinite(value) && value >= 0,
  size: (value) => value >= 0,
  places: (value) => (Number.isSafeInteger(value) && value >= 1) || value === Number.POSITIVE_INFINITY,
};

/** Throws on the first of these options that is given and not such a number: comparisons with a text or NaN fail silently. */
export function checkNumbers<T>(
  options: T,
  kinds: { readonly [Name in keyof T]?: NumberKind },
  refuse: Refuse = (field, reason) => new TypeError(`${field}: ${reason}`),
): void {
  for (const [name, kind] of Object.entries(kinds) as [keyof T & string, NumberKind][]) {
    const value: unknown = options[name];
    if (value === undefined || (typeof value === "number" && FITS[kind](value))) continue;
    throw refuse(name, `must be ${MUST_BE[kind]}, is ${shown(value)}`);
  }
}

/** Throws on a given value that is not known. */
export function checkOneOf(field: string, value: unknown, known: readonly string[], refuse: Refuse): void {
  if (value === undefined || known.includes(value as string)) return;
  throw refuse(field, `must be ${known.map((name) => `"${name}"`).join(" or ")}, is ${shown(value)}`);
}

/** Throws on a given value that is not a text, or is empty. */
export function checkName(field: string, value: unknown, refuse: Refuse): void {
  if (value === undefined || (typeof value === "string" && value !== "")) return;
  throw refuse(field, `must be a text that is not empty, is ${shown(value)}`);
}

/** Returns a short text of any value, for a message. */
function shown(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.slice(0, 60));
  return typeof value === "object" && value !== null ? (value.constructor?.name ?? "an object") : String(value);
}

/**
 * Throws on a text with half a character (`"😀".slice(0, 1)`), which reads as another text afterwards, or with NUL, which ends
 * a text in some databases.
 */
export function checkText(field: string, text: unknown): void {
  if (typeof text !== "string") return;
  if (/\p{Surrogate}/u.test(text))
    throw new JobSpecError(field, "holds half of a character (a lone surrogate), which no store can keep");
  if (text.includes("\u0000")) throw new JobSpecError(field, "holds a NUL character, which not every store can keep");
}

/** Longest texts, in UTF-16 units; the columns of the databases are as long. */
const ID_MAX = 190;
const FUNC_MAX = 255;

/** Checks the texts by which stores find a job: their limits are the same in every store. */
export function checkTexts({ id, func, executor }: { id: string; func: unknown; executor: string }): void {
  checkFits("id", id, ID_MAX);
  checkFits("func", func, FUNC_MAX);
  checkFits("executor", executor, ID_MAX);
}

function checkFits(field: string, text: unknown, max: number): void {
  checkText(field, text);
  if (typeof text === "string" && text.length > max)
    throw new JobSpecError(field, `must have at most ${max} characters, has ${text.length}`);
}
