/** Value that JSON keeps unchanged: arguments and results of jobs in shared stores. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [member: string]: Json };

const DEPTH_MAX = 500;

type Refuse = (place: string, reason: string) => Error;

/**
 * Returns a value as JSON gives it back. A Date becomes its text; values that JSON changes silently (a Map to `{}`, NaN to
 * null) are refused, with their place.
 */
export function plainJson(value: unknown, place: string, refuse: Refuse): Json {
  return copy(value, place, [], refuse);
}

function copy(value: unknown, place: string, above: readonly object[], refuse: Refuse): Json {
  if (value === null || typeof value === "string" || typeof value === "boolean") return value;
  if (typeof value === "number") {
    if (Number.isFinite(value)) return value;
    throw refuse(place, String(value));
  }
  if (typeof value !== "object") throw refuse(place, value === undefined ? "undefined" : `a ${typeof value}`);
  if (above.includes(value)) throw refuse(place, "an object that contains itself");
  if (above.length > DEPTH_MAX) throw refuse(place, `what is nested more than ${DEPTH_MAX} deep`);
  const here = [...above, value];
  if (Array.isArray(value)) return Array.from(value, (item, at) => copy(item, `${place}[${at}]`, here, refuse));
  if (ArrayBuffer.isView(value)) throw refuse(place, `a ${value.constructor.name}`);
  if ("toJSON" in value && typeof value.toJSON === "function") return copy(value.toJSON(), place, here, refuse);
  return copyMembers(value, place, here, refuse);
}

/** Copies members; undefined ones, which are optional members without a value, are left out, as JSON does. */
function copyMembers(object: object, place: string, here: readonly object[], refuse: Refuse): Json {
  const prototype: unknown = Object.getPrototypeOf(object);
  const isPlain = prototype === null || Object.getPrototypeOf(prototype) === null;
  if (!isPlain) throw refuse(place, `a ${object.constructor?.name || "class instance"}`);
  const members = Object.entries(object).filter(([, member]) => member !== undefined);
  return Object.fromEntries(members.map(([name, member]) => [name, copy(member, `${place}.${name}`, here, refuse)]));
}
