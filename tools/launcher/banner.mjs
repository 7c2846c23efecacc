import { bold, dim, seconds } from "../lib/terminal.mjs";
import { demo } from "./demo-password.mjs";
import { urlOf } from "./environment.mjs";

/** What a newcomer can do now. The time is from the start of this process. */
export function banner({ host, ports, demoPassword, dataDir, embedded }) {
  const shown = host === "127.0.0.1" ? "localhost" : host;
  const http = urlOf(shown, ports.PORT);
  const jobs = urlOf(shown, ports.JOBS_PORT);
  const rows = [
    ["page", http],
    ["docs", `${http}/docs`],
    ["feed", `curl '${http}/articles?channel_id=0&per_page=5'`],
    ["gRPC", buf(ports.GRPC_PORT)],
    ["explain", `npm run rpc -- --explain --user 1 --address 127.0.0.1:${ports.EXPLAIN_PORT}`],
    ["jobs", `${jobs}${demoPassword === undefined ? "" : ` (staff: ${demo().staff})`}`],
    ["health", `${jobs}/health`],
    ["metrics", `${http}/metrics, http://localhost:${ports.METRICS_PORT}/metrics (recommender), ${jobs}/metrics`],
    ...(demoPassword === undefined ? [] : signIn(http, demoPassword)),
    ...(embedded.length > 0
      ? [["data", `${dataDir} (private ${embedded.map((name) => SERVERS[name]).join(" and ")})`]]
      : []),
  ];
  const lines = rows.map(([name, text]) => `  ${dim(name.padEnd(9))} ${text}`);
  return `\n  ${bold("Headline is ready")} after ${seconds(performance.now())}\n\n${lines.join("\n")}\n\n  ${dim("Ctrl-C stops everything.")}\n\n`;
}

const SERVERS = { redis: "Redis", mariadb: "MariaDB" };

function buf(port) {
  const options = `--http2-prior-knowledge --protocol grpc -d '{"user_id":1,"article_num":5}'`;
  return `npx buf curl ${options} http://localhost:${port}/UserRecommend/user_recommend`;
}

function signIn(http, password) {
  const { names } = demo();
  const json = "-H 'Content-Type: application/json'";
  const credentials = JSON.stringify({ name: names[0], password });
  const article = JSON.stringify({ title: "Hello", content: "My first article", channel_id: 109 });
  return [
    ["sign in", `${names.join(" or ")}, password ${password}`],
    [
      "publish",
      `TOKEN=$(curl -s ${json} -d '${credentials}' ${http}/authorizations | sed 's/.*"token":"\\([^"]*\\)".*/\\1/')`,
    ],
    ["", `curl ${json} -H "Authorization: Bearer $TOKEN" -d '${article}' ${http}/articles`],
  ];
}
