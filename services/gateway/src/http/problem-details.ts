interface Problem {
  readonly status: number;
  readonly title: string;
  readonly code: string;
  readonly message: string;
}

export const PROBLEM_TYPE = "application/problem+json; charset=utf-8";

/** Body of every refusal: RFC 9457, with `code` for programs and `message` for people. */
export function problemDetails({ status, title, code, message }: Problem, more: object = {}): Buffer {
  return Buffer.from(JSON.stringify({ type: "about:blank", title, status, detail: message, message, code, ...more }));
}

/** Makes bodies of one refusal, of which only the request's id is new: an id is letters, digits, `_`, `.` and `-`. */
export function problemWithId(problem: Problem): (requestId: string) => Buffer {
  const opening = problemDetails(problem).toString().slice(0, -1);
  return (requestId) => Buffer.from(`${opening},"request_id":"${requestId}"}`);
}

/** The same as a whole HTTP response, for a socket whose request never reached Express; the connection ends with it. */
export function rawProblem(problem: Problem, headers: Readonly<Record<string, string>>, more: object = {}): Buffer {
  const body = problemDetails(problem, more);
  const lines = Object.entries({
    "Content-Type": PROBLEM_TYPE,
    "Content-Length": String(body.length),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    Connection: "close",
    ...headers,
  }).map(([name, value]) => `${name}: ${value}\r\n`);
  const head = `HTTP/1.1 ${problem.status} ${problem.title}\r\n${lines.join("")}\r\n`;
  return Buffer.concat([Buffer.from(head), body]);
}
