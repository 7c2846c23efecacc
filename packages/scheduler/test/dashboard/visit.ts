import type { OpenDashboard } from "./open-dashboard.js";

/** HTTP client that keeps the cookie and the token. */
export interface Visitor {
  readonly token: string;
  get(path: string, headers?: Record<string, string>): Promise<Response>;
  /** Sends a form, as a page without a script does. */
  submit(path: string, fields?: Record<string, string>, headers?: Record<string, string>): Promise<Response>;
  /** Sends JSON, as a script does. */
  post(path: string, body?: unknown, headers?: Record<string, string>): Promise<Response>;
}

export async function visit(
  { url }: Pick<OpenDashboard, "url">,
  headers: Record<string, string> = {},
): Promise<Visitor> {
  const answer = await fetch(`${url}/api/csrf`, { headers });
  const { token } = (await answer.json()) as { token: string };
  const cookie = answer.headers.get("set-cookie")!.split(";")[0]!;
  const always = { ...headers, cookie };
  return {
    token,
    get: (path, extra) => fetch(url + path, { redirect: "manual", headers: { ...always, ...extra } }),
    submit: (path, fields = {}, extra = {}) =>
      fetch(url + path, {
        method: "POST",
        redirect: "manual",
        headers: { ...always, accept: "text/html", ...extra },
        body: new URLSearchParams({ _csrf: token, ...fields }),
      }),
    post: (path, body, extra = {}) =>
      fetch(url + path, {
        method: "POST",
        headers: {
          ...always,
          "x-csrf-token": token,
          ...(body === undefined ? {} : { "content-type": "application/json" }),
          ...extra,
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      }),
  };
}
