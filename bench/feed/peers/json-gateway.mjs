/** Our gateway with every lever but one: it asks the recommender over HTTP/1.1 and JSON (undici). Environment: PORT, RECOMMENDER_PORT, REDIS_URL, MYSQL_URL. */
import { openGateway } from "@headline/gateway";
import { Pool } from "undici";

const pool = new Pool(`http://127.0.0.1:${process.env.RECOMMENDER_PORT}`, { connections: 64 });
const recommender = {
  async recommend({ userId, channelId, articleNum, timeStamp }) {
    const { body } = await pool.request({
      method: "POST",
      path: "/",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({
        user_id: String(userId),
        channel_id: channelId,
        article_num: articleNum,
        time_stamp: Number(timeStamp),
      }),
    });
    const answer = await body.json();
    return {
      mode: answer.mode,
      algo: answer.algo,
      exposure: answer.exposure,
      timeStamp: BigInt(answer.time_stamp),
      stamp: BigInt(answer.stamp),
      reasons: answer.reasons,
      recommends: answer.recommends.map(({ article_id, track }) => ({ articleId: BigInt(article_id), track })),
    };
  },
  countUpdates: async () => 0,
  check: async () => true,
  streaming: false,
  close: () => pool.close(),
  [Symbol.asyncDispose]: () => pool.close(),
};
const quiet = { info() {}, warn: console.error, error: console.error };
await openGateway({
  host: "127.0.0.1",
  port: Number(process.env.PORT),
  mysqlUrl: process.env.MYSQL_URL,
  redisUrl: process.env.REDIS_URL,
  recommenderAddress: "",
  recommender,
  tokenKeys: { secret: "the signing secret of the benchmark, long enough" },
  trackSecret: "the tracking secret of the benchmark, long enough",
  log: quiet,
});
console.log("ready");
