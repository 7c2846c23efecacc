import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, test } from "@jest/globals";
import { openTracing } from "./index.js";

const PARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

/** A collector in this process answers late on a busy machine. */
const PATIENT = { sendWithinMs: 60_000 };

interface SentSpan {
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly status: { readonly code: number };
}

/** A collector that keeps what it is sent. */
async function openCollector() {
  const spans: SentSpan[] = [];
  const server = createServer(async (req, res) => {
    let body = "";
    for await (const chunk of req) body += chunk;
    for (const resource of JSON.parse(body).resourceSpans)
      for (const scope of resource.scopeSpans) spans.push(...scope.spans);
    res.setHeader("content-type", "application/json").end("{}");
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { url, spans, [Symbol.asyncDispose]: async () => void server.close() };
}

describe("traces", () => {
  test("reach a collector: the caller's trace goes on, and what is sent on stands below", async () => {
    await using collector = await openCollector();
    const tracing = await openTracing("test", collector.url, PATIENT);
    if (tracing === undefined) throw new Error("there is an endpoint");
    const served = tracing.start("GET /articles", { kind: "server", parent: PARENT });
    const asked = tracing.start("recommend", { kind: "client", parent: served.traceparent });
    asked.end("UNAVAILABLE");
    served.set("http.route", "/articles");
    served.end();
    await tracing[Symbol.asyncDispose]();

    const [client, server] = collector.spans;
    expect(server).toMatchObject({ name: "GET /articles", parentSpanId: "00f067aa0ba902b7", status: { code: 0 } });
    expect(client).toMatchObject({ name: "recommend", parentSpanId: server?.spanId, status: { code: 2 } });
    expect(client?.traceId).toBe("4bf92f3577b34da6a3ce929d0e0e4736");
    expect(asked.traceparent).toBe(`00-${client?.traceId}-${client?.spanId}-01`);
  });

  test("of callers who do not want them recorded are not, and go on all the same", async () => {
    await using collector = await openCollector();
    const tracing = await openTracing("test", collector.url, PATIENT);
    const span = tracing?.start("GET /articles", { kind: "server", parent: PARENT.replace(/01$/, "00") });
    span?.end();
    await tracing?.[Symbol.asyncDispose]();
    expect(span?.traceparent.slice(0, 35)).toBe(PARENT.slice(0, 35));
    expect(collector.spans).toEqual([]);
  });

  test("without a collector, or with one that is away, hold nobody up", async () => {
    expect(await openTracing("test", undefined)).toBeUndefined();
    const tracing = await openTracing("test", "http://127.0.0.1:1");
    tracing?.start("GET /articles", { kind: "server", parent: undefined }).end();
    await tracing?.[Symbol.asyncDispose]();
  });
});
