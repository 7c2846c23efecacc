import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { eventually } from "@headline/testkit";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { client, openWorld, type World } from "./open-world.js";

const PARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

interface SentSpan {
  readonly service: string;
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly attributes: readonly { readonly key: string; readonly value: Record<string, unknown> }[];
}

let world: World;

beforeAll(async () => {
  world = await openWorld();
  await world.addArticles(20);
});

afterAll(async () => {
  await world?.[Symbol.asyncDispose]();
});

/** A collector of traces that keeps what it is sent. */
async function openCollector() {
  const spans: SentSpan[] = [];
  const server = createServer(async (req, res) => {
    let body = "";
    for await (const chunk of req) body += chunk;
    for (const { resource, scopeSpans } of JSON.parse(body).resourceSpans) {
      const service = resource.attributes.find(({ key }: { key: string }) => key === "service.name").value.stringValue;
      for (const scope of scopeSpans) for (const span of scope.spans) spans.push({ ...span, service });
    }
    res.setHeader("content-type", "application/json").end("{}");
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { url, spans, [Symbol.asyncDispose]: async () => void server.close() };
}

describe("a trace", () => {
  test("of a page goes through HTTP and gRPC to the collector: the request, the call, the work", async () => {
    await using collector = await openCollector();
    const recommendation = await world.openRecommendation({ otlpEndpoint: collector.url });
    const gateway = await world.openGateway({
      recommenderAddress: recommendation.address,
      otlpEndpoint: collector.url,
    });
    const headers = { traceparent: PARENT };
    expect((await client(gateway).send("GET", "/articles?channel_id=0", { headers })).status).toBe(200);
    await eventually(() => expect(collector.spans).toHaveLength(3));

    const spanOf = (name: string) => collector.spans.find((span) => span.name === name);
    const [request, call, work] = ["GET", "UserRecommend/user_recommend", "user_recommend"].map(spanOf);
    expect(collector.spans.map(({ traceId }) => traceId)).toEqual(Array(3).fill(PARENT.slice(3, 35)));
    expect(request).toMatchObject({ service: "headline-gateway", parentSpanId: PARENT.slice(36, 52) });
    expect(request?.attributes).toContainEqual({ key: "http.route", value: { stringValue: "/articles" } });
    expect(call).toMatchObject({ service: "headline-gateway", parentSpanId: request?.spanId });
    expect(work).toMatchObject({ service: "headline-recommendation", parentSpanId: call?.spanId });
  });

  test("whose collector is away costs readers nothing", async () => {
    const otlpEndpoint = "http://127.0.0.1:1";
    const recommendation = await world.openRecommendation({ otlpEndpoint });
    const gateway = await world.openGateway({ recommenderAddress: recommendation.address, otlpEndpoint });
    const answer = await client(gateway).get("/articles?channel_id=0");
    expect([answer.status, answer.body.data.degraded]).toEqual([200, false]);
  });
});
