const TIMEOUT_MS = 10_000;
/** A clock that is wrong by less than this is good enough for the feed. */
const SKEW_MS = 60_000;

let clockOffsetMs = 0;

/** The server's time, in case this device's clock is wrong: an old timestamp would ask for old pages. */
export function serverNow() {
  return Date.now() + clockOffsetMs;
}

/** What the gateway refused (application/problem+json), or that it could not be reached (code NETWORK). */
export class Problem extends Error {
  constructor({ message, code, request_id: requestId = "", errors = [] }) {
    super(message);
    this.code = code;
    this.requestId = requestId;
    this.fields = errors.map(({ field }) => field);
  }
}

/** One request: its `data`, and the headers of the answer. @throws Problem */
export async function send(path, { method = "GET", authorization, headers = {}, body } = {}) {
  const response = await fetchSoon(path, {
    method,
    headers: {
      ...headers,
      ...(authorization === undefined ? {} : { Authorization: authorization }),
      ...(body === undefined ? {} : { "Content-Type": "application/json" }),
    },
    body,
  });
  noteClock(response.headers.get("Date"));
  const requestId = response.headers.get("X-Request-Id") ?? "";
  const answer = await response.json().catch(() => undefined); // a proxy's error page is not JSON
  if (response.ok && answer !== undefined) return { data: answer.data, headers: response.headers };
  throw new Problem({ message: `HTTP ${response.status}`, code: "INTERNAL", request_id: requestId, ...answer });
}

async function fetchSoon(path, options) {
  try {
    return await fetch(path, { ...options, signal: AbortSignal.timeout(TIMEOUT_MS) });
  } catch (error) {
    throw new Problem({ message: String(error), code: "NETWORK" });
  }
}

function noteClock(date) {
  const offsetMs = date === null ? 0 : Date.parse(date) - Date.now();
  clockOffsetMs = Math.abs(offsetMs) < SKEW_MS ? 0 : offsetMs;
}
