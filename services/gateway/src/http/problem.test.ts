import { Refusal, type RefusalCode } from "@headline/service/errors";
import { describe, expect, test } from "@jest/globals";
import type { Request, Response } from "express";
import { pino } from "pino";
import { HttpRefusal, problems, refusalSender, sendRefusal } from "./problem.js";

function answering() {
  const headers = new Map<string, unknown>([["X-Request-Id", "r1"]]);
  const answer = { status: 0, headers, bytes: "" };
  const res = {
    headersSent: false,
    writableEnded: false,
    getHeader: (name: string) => headers.get(name),
    setHeader: (name: string, value: unknown) => void headers.set(name, value),
    set statusCode(status: number) {
      answer.status = status;
    },
    end: (bytes: Buffer) => {
      answer.bytes = bytes.toString();
    },
  };
  return { answer, res: res as unknown as Response };
}

/** Answer to a thrown `error`, and the log. */
function sent(error: unknown) {
  const logged: { err?: { message: string } }[] = [];
  const log = pino({ level: "error" }, { write: (line: string) => void logged.push(JSON.parse(line)) });
  const { answer, res } = answering();
  problems(log)(error, { path: "/x", headers: {} } as Request, res, () => undefined);
  return { ...answer, body: JSON.parse(answer.bytes) as Record<string, unknown>, logged };
}

describe("a failure leaves as a problem", () => {
  test.each<[RefusalCode, number]>([
    ["INVALID_ARGUMENT", 400],
    ["UNAUTHENTICATED", 401],
    ["PERMISSION_DENIED", 403],
    ["NOT_FOUND", 404],
    ["ALREADY_EXISTS", 409],
    ["FAILED_PRECONDITION", 422],
    ["RESOURCE_EXHAUSTED", 429],
    ["UNAVAILABLE", 503],
    ["DEADLINE_EXCEEDED", 504],
  ])("%s is %i", (code, status) => {
    const { headers, body, logged, ...answer } = sent(new Refusal(code, "a sentence"));
    expect(answer.status).toBe(status);
    expect(headers.get("Content-Type")).toBe("application/problem+json; charset=utf-8");
    expect(body).toMatchObject({ status, code, message: "a sentence", detail: "a sentence", request_id: "r1" });
    expect(headers.has("Retry-After")).toBe(status === 429 || status === 503);
    expect(logged).toEqual([]);
  });

  test("fields are named, and when to come back is rounded up to whole seconds", () => {
    const fields = [{ field: "page", detail: "is wrong" }];
    expect(sent(new Refusal("INVALID_ARGUMENT", "x", { fields })).body["errors"]).toEqual(fields);
    expect(sent(new Refusal("UNAVAILABLE", "x", { retryAfterSeconds: 0.2 })).headers.get("Retry-After")).toBe("1");
    expect(sent(new Refusal("UNAVAILABLE", "x", { retryAfterSeconds: 2.5 })).headers.get("Retry-After")).toBe("3");
  });

  test.each<RefusalCode>(["UNAVAILABLE", "RESOURCE_EXHAUSTED", "UNAUTHENTICATED", "NOT_FOUND"])(
    "%s that is made beforehand is the same, byte by byte",
    (code) => {
      const refusal = new Refusal(code, 'a "sentence" 头条', { retryAfterSeconds: 1.5 });
      const [once, prepared] = [answering(), answering()];
      sendRefusal(once.res, refusal);
      refusalSender(refusal)(prepared.res);
      expect(prepared.answer).toEqual(once.answer);
    },
  );

  test("a bug is 500, tells nothing, and is logged once with its stack", () => {
    const { status, body, logged } = sent(new Error("SELECT secret FROM users"));
    expect([status, body["code"]]).toEqual([500, "INTERNAL"]);
    expect(JSON.stringify(body)).not.toMatch(/secret|SELECT/);
    expect(logged).toEqual([expect.objectContaining({ request_id: "r1", path: "/x" })]);
    for (const odd of [undefined, null, "text", 7]) expect(sent(odd).status).toBe(500);
  });

  test("what express says of a request is told in our words", () => {
    const thrown = (status: number, type?: string) => Object.assign(new Error("internals"), { status, type });
    expect(sent(thrown(413, "entity.too.large"))).toMatchObject({ status: 413, body: { code: "PAYLOAD_TOO_LARGE" } });
    expect(sent(thrown(415))).toMatchObject({ status: 415 });
    expect(sent(thrown(412))).toMatchObject({ status: 412, body: { code: "PRECONDITION_FAILED" } });
    expect(sent(thrown(416))).toMatchObject({ status: 416, body: { code: "RANGE_NOT_SATISFIABLE" } });
    expect(sent(thrown(400, "entity.parse.failed")).body["message"]).toBe("the body is not valid JSON");
    expect(sent(new URIError("internals"))).toMatchObject({
      status: 400,
      body: { message: "the path is not percent-encoded UTF-8", errors: [{ field: "path" }] },
    });
    expect(sent(new HttpRefusal(415, "UNSUPPORTED_MEDIA_TYPE", "x")).status).toBe(415);
    expect(sent(thrown(500))).toMatchObject({ status: 500 });
  });
});
