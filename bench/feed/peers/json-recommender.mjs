/** The same canned answers as canned-recommender.mjs over HTTP/1.1 and JSON. Environment: PORT, ARTICLES. */
import { createServer } from "node:http";

const articles = Number(process.env.ARTICLES);
const token = (kind) => `v1.abcd.${"A".repeat(48)}.${kind.repeat(11)}`;
const track = { click: token("c"), collect: token("o"), read: token("r"), liking: token("l") };
let next = 0;

const server = createServer((req, res) => {
  const chunks = [];
  req.on("data", (chunk) => chunks.push(chunk));
  req.on("end", () => {
    const { article_num } = JSON.parse(Buffer.concat(chunks).toString());
    const recommends = Array.from({ length: article_num }, () => {
      next = (next % articles) + 1;
      return { article_id: String(next), track };
    });
    const stamp = Date.now();
    const body = JSON.stringify({
      exposure: token("e"),
      time_stamp: stamp - 1,
      recommends,
      stamp,
      reasons: recommends.map(() => "hot"),
    });
    res.setHeader("Content-Type", "application/json");
    res.setHeader("Content-Length", Buffer.byteLength(body));
    res.end(body);
  });
});
server.keepAliveTimeout = 60_000;
server.listen(Number(process.env.PORT), "127.0.0.1", () => console.log("ready"));
