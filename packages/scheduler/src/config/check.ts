import { nearestName } from "../options/nearest-name.js";
import { ConfigError } from "./config-error.js";

/** Returns the value in its checked type, or throws a ConfigError. */
export type Check<T> = (value: unknown, path: string) => T;

export const text: Check<string> = (value, path) => {
  if (typeof value === "string" && value !== "") return value;
  throw new ConfigError(path, `must be a text that is not empty, is ${shown(value)}`);
};

export const flag: Check<boolean> = (value, path) => {
  if (typeof value === "boolean") return value;
  throw new ConfigError(path, `must be true or false, is ${shown(value)}`);
};

/** Checks a whole number, `least` or more. */
export function whole(least: number): Check<number> {
  return (value, path) => {
    if (Number.isSafeInteger(value) && (value as number) >= least) return value as number;
    throw new ConfigError(path, `must be a whole number from ${least}, is ${shown(value)}`);
  };
}

/** Checks a number, 0 or more. */
export const amount: Check<number> = (value, path) => {
  if (typeof value === "number" && Number.isFinite(value) && value >= 0) return value;
  throw new ConfigError(path, `must be a number, 0 or more, is ${shown(value)}`);
};

export function oneOf<const T extends string | boolean>(...allowed: readonly T[]): Check<T> {
  return (value, path) => {
    if (allowed.includes(value as T)) return value as T;
    throw new ConfigError(path, `must be ${listed(allowed.map(shown))}, is ${shown(value)}`);
  };
}

export function orNull<T>(check: Check<T>): Check<T | null> {
  return (value, path) => (value === null ? null : check(value, path));
}

export function listOf<T>(check: Check<T>): Check<readonly T[]> {
  return (value, path) => {
    if (Array.isArray(value)) return value.map((entry, at) => check(entry, `${path}[${at}]`));
    throw new ConfigError(path, `must be a list, is ${shown(value)}`);
  };
}

/** Checks an object with any keys, such as aliases. */
export function mapOf<T>(check: Check<T>): Check<Readonly<Record<string, T>>> {
  return (value, path) =>
    Object.fromEntries(
      Object.entries(object(value, path)).map(([key, entry]) => [key, check(entry, under(path, key))]),
    );
}

export type Fields<T> = { readonly [Name in keyof T]-?: Check<T[Name]> };

/** Checks an object with these fields and no others; all are optional except those in `required`. */
export function fields<T extends object, Needed extends keyof T & string = never>(
  checks: Fields<T>,
  ...required: readonly Needed[]
): Check<Partial<T> & Pick<T, Needed>> {
  return (value, path) => {
    const given = object(value, path);
    for (const name of required)
      if (!Object.hasOwn(given, name)) throw new ConfigError(under(path, name), "is missing");
    const checked = Object.entries(given).map(([name, entry]) => {
      if (!Object.hasOwn(checks, name)) throw unknown(under(path, name), Object.keys(checks));
      return [name, checks[name as keyof T](entry, under(path, name))] as const;
    });
    return Object.fromEntries(checked) as Partial<T> & Pick<T, Needed>;
  };
}

/** Checks an object by its `type`; the other fields are checked by that type. */
export function byType<T>(kinds: Readonly<Record<string, Check<T>>>): Check<T> {
  return (value, path) => {
    const { type, ...rest } = object(value, path);
    return kinds[oneOf(...Object.keys(kinds))(type, under(path, "type"))]!(rest, path);
  };
}

function object(value: unknown, path: string): Readonly<Record<string, unknown>> {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new ConfigError(path || "configuration", `must be an object, is ${shown(value)}`);
}

function under(path: string, key: string): string {
  return path === "" ? key : `${path}.${key}`;
}

function unknown(path: string, known: readonly string[]): ConfigError {
  const near = nearestName(path.slice(path.lastIndexOf(".") + 1), known);
  if (near !== undefined) return new ConfigError(path, `is not known; write ${near}`);
  return new ConfigError(path, known.length === 0 ? "is not known" : `is not known; there are ${listed(known, "and")}`);
}

function listed(words: readonly string[], conjunction = "or"): string {
  return words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} ${conjunction} ${words.at(-1)}`;
}

function shown(value: unknown): string {
  if (value === undefined) return "missing";
  const json = JSON.stringify(value) ?? typeof value;
  return json.length > 60 ? `${json.slice(0, 59)}…` : json;
}
