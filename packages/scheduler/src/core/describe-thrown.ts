import { inspect } from "node:util";

/** Thrown value as texts that can be stored and sent. */
export interface ThrownText {
  readonly name: string;
  readonly message: string;
  readonly stack: string;
}

const MESSAGE_MAX = 2_000;
const STACK_MAX = 8_000;
const NAME_MAX = 200;
/** Causes that are followed, and members of an AggregateError that are named. */
const CAUSES_MAX = 5;
const MEMBERS_MAX = 10;
const INDESCRIBABLE = "a value that cannot be described";

/**
 * Describes any thrown value with its causes, an AggregateError's members and the code of a `{ code, message }` object.
 * Never throws, and never returns an empty text.
 */
export function describeThrown(thrown: unknown): ThrownText {
  const name = nameOf(thrown);
  const message = truncate(withCauses(thrown, messageOf), MESSAGE_MAX);
  const stack = withCauses(thrown, (value) => stackOf(value, nameOf(value), messageOf(value)));
  return { name, message, stack: truncate(stack, STACK_MAX) };
}

/** Returns the message of a thrown value with its causes. */
export function thrownMessage(thrown: unknown): string {
  return truncate(withCauses(thrown, messageOf), MESSAGE_MAX);
}

/** Returns a thrown value as text for a log: an error with its name, another value as it is described. */
export function thrownLine(thrown: unknown): string {
  return isA(thrown, Error) ? `${nameOf(thrown)}: ${thrownMessage(thrown)}` : thrownMessage(thrown);
}

/** Works as `instanceof`, and returns false where a Proxy throws. */
export function isA<T>(value: unknown, kind: abstract new (...args: never[]) => T): value is T {
  try {
    return value instanceof kind;
  } catch {
    return false;
  }
}

function withCauses(thrown: unknown, describe: (value: unknown) => string): string {
  const texts = [describe(thrown)];
  const seen = new Set([thrown]);
  for (
    let cause = readMember(thrown, "cause");
    cause !== undefined && texts.length <= CAUSES_MAX;
    cause = readMember(cause, "cause")
  ) {
    if (seen.has(cause)) break;
    seen.add(cause);
    const text = describe(cause);
    if (!texts.includes(text)) texts.push(text);
  }
  return texts.join("\ncaused by: ");
}

/** Returns the text of a value without its causes. */
function messageOf(value: unknown): string {
  if (!isObject(value)) return primitiveText(value);
  const own = textOf(readMember(value, "message"));
  const code = codeOf(value);
  const parts = membersOf(value);
  if (own === "" && code === "" && parts === "") return isA(value, Error) ? nameOf(value) : objectText(value);
  const said = own === "" ? code : isA(value, Error) || own.includes(code) ? own : `${own} (${code})`;
  return [said, parts].filter((part) => part !== "").join(": ");
}

function codeOf(value: object): string {
  const code = readMember(value, "code");
  return typeof code === "string" || typeof code === "number" ? String(code) : "";
}

/** Returns the texts of an AggregateError's members; Node throws some with an empty message of their own. */
function membersOf(value: object): string {
  const errors = readMember(value, "errors");
  if (!isList(errors)) return "";
  const texts: string[] = [];
  const size = readMember(errors, "length");
  const length = typeof size === "number" ? size : 0;
  for (let at = 0; at < Math.min(length, MEMBERS_MAX); at++) {
    const member = readMember(errors, at);
    texts.push(isObject(member) && member === value ? "itself" : memberText(member));
  }
  return length > MEMBERS_MAX ? `${texts.join("; ")}; and ${length - MEMBERS_MAX} more` : texts.join("; ");
}

/** Returns the text of a member, without members of its own. */
function memberText(member: unknown): string {
  if (!isObject(member)) return primitiveText(member);
  const own = textOf(readMember(member, "message"));
  const text = own === "" ? codeOf(member) : own;
  return text === "" ? (isA(member, Error) ? nameOf(member) : objectText(member)) : text;
}

function stackOf(value: unknown, name: string, message: string): string {
  const stack = isObject(value) ? readMember(value, "stack") : undefined;
  const header = name === "" ? message : `${name}: ${message}`;
  if (typeof stack !== "string" || stack === "") return header;
  const own = isObject(value) ? textOf(readMember(value, "message")) : "";
  // A stack is made with the error: a later message, or that of members, is put in front of it.
  return own !== "" && stack.includes(own) && message === own ? stack : `${header}\n${stack}`;
}

/** Returns an error's name, or its class's when it has the default; "Error" for another value. */
function nameOf(value: unknown): string {
  if (!isObject(value)) return "Error";
  const name = readMember(value, "name");
  if (typeof name === "string" && name !== "" && name !== "Error") return truncate(name, NAME_MAX);
  const className = isA(value, Error) ? readMember(readMember(value, "constructor"), "name") : undefined;
  return typeof className === "string" && className !== "" ? truncate(className, NAME_MAX) : "Error";
}

function textOf(value: unknown): string {
  if (value === undefined || value === null) return "";
  if (typeof value === "string") return truncate(value, MESSAGE_MAX);
  return isObject(value) ? objectText(value) : primitiveText(value);
}

function primitiveText(value: unknown): string {
  if (typeof value === "string") return value === "" ? "an empty text was thrown" : truncate(value, MESSAGE_MAX);
  if (value === undefined || value === null) return `${value} was thrown`;
  return String(value);
}

/** Returns an object's members as the console shows them. */
function objectText(value: object): string {
  try {
    const text = inspect(value, {
      depth: 2,
      breakLength: Number.POSITIVE_INFINITY,
      customInspect: false,
      maxArrayLength: 20,
      maxStringLength: MESSAGE_MAX,
    });
    return text === "" ? INDESCRIBABLE : truncate(text, MESSAGE_MAX);
  } catch {
    return INDESCRIBABLE;
  }
}

function isObject(value: unknown): value is object {
  return (typeof value === "object" && value !== null) || typeof value === "function";
}

function isList(value: unknown): value is object {
  try {
    return Array.isArray(value);
  } catch {
    return false;
  }
}

/** Reads a member that may be a getter, of a value that may be a Proxy. */
export function readMember(value: unknown, member: string | number): unknown {
  if (!isObject(value)) return undefined;
  try {
    return (value as Record<string | number, unknown>)[member];
  } catch {
    return undefined;
  }
}

/** Truncates a text; half of a character becomes U+FFFD, which every store can keep. */
function truncate(text: string, max: number): string {
  return Buffer.from(text.length <= max ? text : `${text.slice(0, max - 1)}…`).toString();
}
