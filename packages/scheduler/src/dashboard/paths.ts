/** Paths of pages and assets, below the mount path. */
export const paths = {
  jobs: "/",
  executions: "/executions",
  timeline: "/timeline",
  nodes: "/nodes",
  events: "/events",
  job: (store: string, id: string) => `/jobs/${segment(store)}/${segment(id)}`,
  execution: (store: string, id: string) => `/executions/${segment(store)}/${segment(id)}`,
  asset: (file: string) => `/assets/${file}`,
};

/**
 * Encodes any text as a segment of a path. Browsers resolve `.` and `..` even when they are percent-encoded, so these get a
 * `~` before them, and so does a text that begins with `~`.
 */
export function segment(text: string): string {
  const wellFormed = text.replace(/[\uD800-\uDFFF]/gu, "\uFFFD");
  return /^(\.{1,2}$|~)/.test(wellFormed) ? `~${encodeURIComponent(wellFormed)}` : encodeURIComponent(wellFormed);
}

/** Decodes a segment, which the router has percent-decoded. */
export function unsegment(decoded: string): string {
  return decoded.startsWith("~") ? decoded.slice(1) : decoded;
}

/** Adds the parameters that have a value to a path. */
export function withQuery(path: string, parameters: Readonly<Record<string, string | number | undefined>>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters))
    if (value !== undefined && value !== "") query.set(name, String(value));
  const text = query.toString();
  return text === "" ? path : `${path}?${text}`;
}
