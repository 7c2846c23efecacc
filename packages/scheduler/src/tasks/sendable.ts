import type { Json } from "../core/json.js";
import { NotSendableError } from "./task-errors.js";

const DEPTH_MAX = 500;

/**
 * The value as it will arrive: what JSON says of it. A Date arrives as its text; what would arrive as something else
 * without a word (a Map as `{}`, NaN as null) is refused, with its place in the arguments.
 */
export function sendable(value: unknown, place: string): Json {
  return copy(value, place, []);
}

function copy(value: unknown, place: string, above: readonly object[]): Json {
  if (value === null || typeof value === "string" || typeof value === "boolean") return value;
  if (typeof value === "number") {
    if (Number.isFinite(value)) return value;
    throw refused(place, String(value));
  }
  if (typeof value !== "object") throw refused(place, value === undefined ? "undefined" : `a ${typeof value}`);
  if (above.includes(value)) throw refused(place, "an object that contains itself");
  if (above.length > DEPTH_MAX) throw refused(place, `nested more than ${DEPTH_MAX} deep`);
  const here = [...above, value];
  if (Array.isArray(value)) return value.map((item, at) => copy(item, `${place}[${at}]`, here));
  if ("toJSON" in value && typeof value.toJSON === "function") return copy(value.toJSON(), place, here);
  return copyMembers(value, place, here);
}

/** A member that is undefined is left out, as JSON does: that is how optional ones are written. */
function copyMembers(object: object, place: string, here: readonly object[]): Json {
  const prototype: unknown = Object.getPrototypeOf(object);
  const isPlain = prototype === null || Object.getPrototypeOf(prototype) === null;
  if (!isPlain) throw refused(place, `a ${object.constructor.name}`);
  const members = Object.entries(object).filter(([, member]) => member !== undefined);
  return Object.fromEntries(members.map(([name, member]) => [name, copy(member, `${place}.${name}`, here)]));
}

function refused(place: string, what: string): NotSendableError {
  return new NotSendableError(`${place}: ${what} cannot be sent to a worker; arguments are JSON`);
}
