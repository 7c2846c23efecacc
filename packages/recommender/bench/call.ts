/**
 * Cost of one recommendation call, client and server together: `tsx --conditions=headline-source packages/recommender/bench/call.ts`
 *
 * 64 calls in flight, 10 ids with 4 tokens of 60 characters each, client and server in processes of their own, forms in
 * alternating order, median of the rounds. CPU is what both processes used, user and system.
 */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { openServer } from "@headline/grpc";
import {
  connectRecommender,
  type Recommendation,
  recommendService,
  unaryRecommender,
  userRecommendService,
} from "../src/index.js";

type Form = "unary" | "stream" | "stream, unix socket" | "http json";
const FORMS: readonly Form[] = ["http json", "stream", "stream, unix socket", "unary"];
const IN_FLIGHT = 64;
const CALLS: Record<Form, number> = {
  "http json": 60_000,
  stream: 100_000,
  "stream, unix socket": 100_000,
  unary: 15_000,
};
const ROUNDS = Number(process.env["ROUNDS"] ?? 5);

const [role, form, target] = process.argv.slice(2);
process.on("disconnect", () => process.exit());
if (role === "server") await serve(form as Form);
else if (role === "client") await ask(form as Form, target ?? "");
else await compare();

async function compare() {
  const figures = new Map(FORMS.map((each) => [each, [] as { us: number; rate: number }[]]));
  for (let round = 0; round < ROUNDS; round++) {
    for (const each of FORMS) figures.get(each)?.push(await measure(each));
  }
  const median = (values: number[]) => values.sort((a, b) => a - b)[values.length >> 1] ?? 0;
  const base = median((figures.get("http json") ?? []).map(({ us }) => us));
  for (const [each, found] of figures) {
    const us = median(found.map((figure) => figure.us));
    const rate = Math.round(median(found.map((figure) => figure.rate)));
    console.log(
      `${each.padEnd(20)} ${rate} calls/s  ${us.toFixed(1)} CPU µs/call  ${(us / base).toFixed(2)} × HTTP/1.1 JSON`,
    );
  }
}

async function measure(each: Form) {
  const server = start("server", each);
  const [address] = (await once(server, "message")) as [string];
  const client = start("client", each, address);
  await once(client, "message"); // warm
  const before = await cpu(server);
  client.send("go");
  const [result] = (await once(client, "message")) as [{ calls: number; ms: number; us: number }];
  const after = await cpu(server);
  client.kill();
  server.kill();
  await Promise.all([once(client, "exit"), once(server, "exit")]);
  return { us: (result.us + after - before) / result.calls, rate: (result.calls / result.ms) * 1_000 };
}

function start(...args: string[]): ChildProcess {
  return fork(fileURLToPath(import.meta.url), args, { stdio: "inherit", execArgv: process.execArgv });
}

async function cpu(child: ChildProcess): Promise<number> {
  child.send("cpu");
  const [us] = (await once(child, "message")) as [number];
  return us;
}

function cpuNow(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

async function serve(each: Form) {
  process.on("message", () => process.send?.(cpuNow()));
  const token = (kind: string, id: number) => `v1.k1.${kind}${"AbCdEf0123456789_-".repeat(3)}${id}`.slice(0, 60);
  const recommends = Array.from({ length: 10 }, (_, id) => ({
    articleId: 9_007_199_254_740_993n + BigInt(id),
    track: { click: token("c", id), collect: token("o", id), read: token("r", id), liking: token("l", id) },
  }));
  const answer: Recommendation = {
    exposure: token("e", 1),
    timeStamp: 1_767_225_600_123n,
    recommends,
    mode: "refresh",
    stamp: 1_767_225_600_124n,
    algo: "ftrl",
    reasons: recommends.map(() => "hot" as const),
  };
  if (each === "http json") {
    const http = createServer(async (request, response) => {
      let body = "";
      request.setEncoding("utf8");
      for await (const chunk of request) body += chunk;
      JSON.parse(body);
      const json = JSON.stringify(answer, (_, value) => (typeof value === "bigint" ? String(value) : value));
      response
        .writeHead(200, { "content-type": "application/json", "content-length": Buffer.byteLength(json) })
        .end(json);
    });
    http.listen(0, "127.0.0.1", () => process.send?.(`http://127.0.0.1:${(http.address() as AddressInfo).port}`));
    return;
  }
  const edge = { onBug: console.error };
  const recommend = async () => answer;
  const server = await openServer({
    address: each === "stream, unix socket" ? `unix:/tmp/headline-bench-${process.pid}.sock` : "127.0.0.1:0",
    services: [
      userRecommendService(recommend, edge),
      recommendService({ recommend, countUpdates: () => ({ count: 0 }) }, edge),
    ],
  });
  process.send?.(server.address);
}

async function ask(each: Form, address: string) {
  const request = { userId: 9_007_199_254_740_993n, channelId: 0, articleNum: 10, timeStamp: 1_767_225_600_123n };
  const one = each === "http json" ? httpCall(address) : await grpcCall(each, address);
  const run = async (calls: number) => {
    let left = calls;
    const loop = async () => {
      while (left-- > 0) await one(request);
    };
    await Promise.all(Array.from({ length: IN_FLIGHT }, loop));
  };
  await run(CALLS[each] / 5);
  process.on("message", async () => {
    const before = cpuNow();
    const startedAt = performance.now();
    await run(CALLS[each]);
    process.send?.({ calls: CALLS[each], ms: performance.now() - startedAt, us: cpuNow() - before });
  });
  process.send?.("warm");
}

type Request = { userId: bigint; channelId: number; articleNum: number; timeStamp: bigint };

async function grpcCall(each: Form, address: string) {
  const options = { address, timeoutMs: 2_000 };
  const recommender = each === "unary" ? unaryRecommender(options) : connectRecommender(options);
  while (each !== "unary" && !recommender.streaming) await new Promise((resolve) => setTimeout(resolve, 5));
  return (request: Request) => recommender.recommend(request);
}

function httpCall(address: string) {
  const bench = new URL("../../../bench/package.json", import.meta.url);
  const { Pool } = createRequire(bench)("undici");
  const pool = new Pool(address, { connections: IN_FLIGHT, pipelining: 1 });
  return async ({ userId, channelId, articleNum, timeStamp }: Request) => {
    const { body } = await pool.request({
      method: "POST",
      path: "/recommend",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ userId: String(userId), channelId, articleNum, timeStamp: String(timeStamp) }),
      bodyTimeout: 2_000,
    });
    const answer = await body.json();
    for (const article of answer.recommends) article.articleId = BigInt(article.articleId);
    return answer;
  };
}
