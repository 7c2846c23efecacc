/**
 * HTTP/1.1 and JSON in place of gRPC: canned answers as canned-recommender.mjs gives them, or, with MYSQL_URL, those of the
 * recommendation service, which then runs in this process. Environment: PORT, ARTICLES or MYSQL_URL, REDIS_URL, TRACK_SECRET.
 */
import { createServer } from "node:http";
import { createLog } from "@headline/service/log";

const articles = Number(process.env.ARTICLES);
const recommend = process.env.MYSQL_URL ? await trained() : canned;
const context = { signal: new AbortController().signal, deadlineMs: 1_000, dryRun: false, traceparent: undefined };
let next = 0;

const server = createServer((req, res) => {
  const chunks = [];
  req.on("data", (chunk) => chunks.push(chunk));
  req.on("end", async () => {
    const asked = JSON.parse(Buffer.concat(chunks).toString());
    const request = {
      userId: BigInt(asked.user_id),
      channelId: asked.channel_id,
      articleNum: asked.article_num,
      timeStamp: BigInt(asked.time_stamp),
    };
    const { exposure, timeStamp, recommends, stamp, reasons, mode, algo } = await recommend(request, context);
    const body = JSON.stringify({
      mode,
      algo,
      exposure,
      time_stamp: Number(timeStamp),
      recommends: recommends.map(({ articleId, track }) => ({ article_id: String(articleId), track })),
      stamp: Number(stamp),
      reasons,
    });
    res.setHeader("Content-Type", "application/json");
    res.setHeader("Content-Length", Buffer.byteLength(body));
    res.end(body);
  });
});
server.keepAliveTimeout = 60_000;
server.listen(Number(process.env.PORT), "127.0.0.1", () => console.log("ready"));

async function canned({ articleNum }) {
  const token = (kind) => `v1.abcd.${"A".repeat(48)}.${kind.repeat(11)}`;
  const track = { click: token("c"), collect: token("o"), read: token("r"), liking: token("l") };
  const recommends = Array.from({ length: articleNum }, () => {
    next = (next % articles) + 1;
    return { articleId: BigInt(next), track };
  });
  const stamp = Date.now();
  const reasons = recommends.map(() => "hot");
  return { mode: "refresh", algo: "canned", exposure: token("e"), timeStamp: stamp - 1, recommends, stamp, reasons };
}

async function trained() {
  const { openRecommendation } = await import("@headline/recommendation");
  const { MYSQL_URL: mysqlUrl, REDIS_URL: redisUrl, TRACK_SECRET: trackSecret } = process.env;
  const log = createLog({ name: "json recommender", level: "warn" });
  const running = await openRecommendation({ address: "127.0.0.1:0", mysqlUrl, redisUrl, trackSecret, log });
  return running.recommend;
}
