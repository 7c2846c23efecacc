/** Raw node:http answering one constant body: what the machine and Node can do at most. Environment: PORT, BODY_FILE. */
import { readFileSync } from "node:fs";
import { createServer } from "node:http";

const body = readFileSync(process.env.BODY_FILE);
const server = createServer((_req, res) => {
  res.setHeader("Content-Type", "application/json; charset=utf-8");
  res.setHeader("Content-Length", body.length);
  res.end(body);
});
server.listen(Number(process.env.PORT), "127.0.0.1", () => console.log("ready"));
