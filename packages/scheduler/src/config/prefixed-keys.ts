const PREFIX = "apscheduler.";
const SECTIONS: Readonly<Record<string, string>> = { jobstores: "stores", job_defaults: "jobDefaults" };

/**
 * Converts APScheduler's prefixed configuration to a nested one: `{ "apscheduler.job_defaults.max_instances": "3" }` is
 * `{ jobDefaults: { maxInstances: 3 } }`. Keys without the prefix are ignored then. Other objects are left as they are.
 */
export function nested(json: unknown): unknown {
  if (typeof json !== "object" || json === null) return json;
  const prefixed = Object.entries(json).filter(([key]) => key.startsWith(PREFIX));
  if (prefixed.length === 0) return json;
  const root: Branch = new Map();
  for (const [key, value] of prefixed) {
    const [section = "", ...rest] = key.slice(PREFIX.length).split(".");
    const named = SECTIONS[section] ?? camelCase(section);
    const hasAliases = named === "stores" || named === "executors";
    put(root, [named, ...rest.map((name, at) => (hasAliases && at === 0 ? name : camelCase(name)))], value);
  }
  return plain(root);
}

type Branch = Map<string, unknown>;

/** Sets a value; objects are branches, so that `executors.a: { … }` and `executors.a.type: …` merge. */
function put(branch: Branch, [name = "", ...rest]: readonly string[], value: unknown): void {
  if (rest.length === 0 && !isObject(value)) {
    branch.set(name, scalar(value));
    return;
  }
  const known = branch.get(name);
  const below: Branch = known instanceof Map ? known : new Map();
  branch.set(name, below);
  if (rest.length > 0) put(below, rest, value);
  else for (const [key, entry] of Object.entries(value as object)) put(below, [camelCase(key)], entry);
}

function plain(value: unknown): unknown {
  return value instanceof Map ? Object.fromEntries([...value].map(([key, entry]) => [key, plain(entry)])) : value;
}

/** Converts a text: files of `key = value` have texts alone. */
function scalar(value: unknown): unknown {
  if (typeof value !== "string") return value;
  if (/^(none|null)$/i.test(value)) return null;
  return /^(true|false|\d+(\.\d+)?)$/i.test(value) ? JSON.parse(value.toLowerCase()) : value;
}

function camelCase(name: string): string {
  return name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
