import type { ServerName } from "@headline/embedded";
import { demo } from "../content/demo.js";
import { bold, dim, formatSeconds } from "../lib/terminal.js";
import { urlOf } from "./environment.js";
import type { Ports } from "./ports.js";

const SERVERS: Readonly<Record<ServerName, string>> = { redis: "Redis", mariadb: "MariaDB" };

interface Started {
  readonly host: string;
  readonly ports: Ports;
  readonly demoPassword: string | undefined;
  readonly dataDir: string;
  readonly embedded: readonly ServerName[];
}

type Row = readonly [name: string, text: string];

/** The first things to try, and the time since the start of this process. */
export function banner(started: Started): string {
  const lines = rowsOf(started).map(([name, text]) => `  ${dim(name.padEnd(9))} ${text}`);
  const title = `${bold("Headline is ready")} after ${formatSeconds(performance.now())}`;
  return `\n  ${title}\n\n${lines.join("\n")}\n\n  ${dim("Ctrl-C stops everything.")}\n\n`;
}

function rowsOf({ host, ports, demoPassword, dataDir, embedded }: Started): readonly Row[] {
  const shown = host === "127.0.0.1" ? "localhost" : host;
  const http = urlOf(shown, ports.PORT);
  const jobs = urlOf(shown, ports.JOBS_PORT);
  const servers = embedded.map((name) => SERVERS[name]).join(" and ");
  return [
    ["page", http],
    ["docs", `${http}/docs`],
    ["feed", `curl '${http}/articles?channel_id=0&per_page=5'`],
    ["gRPC", buf(ports.GRPC_PORT)],
    ["explain", `npm run rpc -- --explain --user 1 --address 127.0.0.1:${ports.EXPLAIN_PORT}`],
    ["jobs", `${jobs}${demoPassword === undefined ? "" : ` (staff: ${demo().staff})`}`],
    ["health", `${jobs}/health`],
    ["metrics", `${http}/metrics, http://localhost:${ports.METRICS_PORT}/metrics (recommender), ${jobs}/metrics`],
    ...(demoPassword === undefined ? [] : signIn(http, demoPassword)),
    ...(servers === "" ? [] : [["data", `${dataDir} (private ${servers})`] as const]),
  ];
}

function buf(port: number): string {
  const options = `--http2-prior-knowledge --protocol grpc -d '{"user_id":1,"article_num":5}'`;
  return `npx buf curl ${options} http://localhost:${port}/UserRecommend/user_recommend`;
}

function signIn(http: string, password: string): readonly Row[] {
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
