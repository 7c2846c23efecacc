/** Where things are, below the place the dashboard is mounted at. */
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
 * Any text as one segment of a path. `.` and `..` mean something else to browsers even when they are percent-encoded,
 * so they get a `~` before them, and so does what begins with one.
 */
export function segment(text: string): string {
  const wellFormed = text.replace(/[\uD800-\uDFFF]/gu, "\uFFFD");
  return /^(\.{1,2}$|~)/.test(wellFormed) ? `~${encodeURIComponent(wellFormed)}` : encodeURIComponent(wellFormed);
}

/** What `segment` was given, from the segment as the router decoded it. */
export function unsegment(decoded: string): string {
  return decoded.startsWith("~") ? decoded.slice(1) : decoded;
}

/** A path with the parameters that have a value. */
export function withQuery(path: string, parameters: Readonly<Record<string, string | number | undefined>>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters))
    if (value !== undefined && value !== "") query.set(name, String(value));
  const text = query.toString();
  return text === "" ? path : `${path}?${text}`;
}
