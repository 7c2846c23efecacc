import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { commandLine } from "../tools/lib/command-line.js";
import { benchFeed } from "./feed/bench.js";
import { benchPush } from "./push/bench.js";
import { benchRecommend } from "./recommend/bench.js";
import { FULL, QUICK } from "./recommend/options.js";
import { benchScheduler } from "./scheduler/bench.js";

const USAGE = `npm run bench -- feed [--articles 20000] [--readers 20000] [--rounds 3] [--seconds 3] [--connections 1,16,64]
    What does one page of the home feed cost, compared with raw node:http, a naive gateway, and HTTP/JSON?
npm run bench -- call
    What does the recommendation call cost, compared with HTTP/JSON and unary gRPC?
npm run bench -- compress
    What does compressing a page of the feed cost the gateway?
npm run bench -- scheduler
    How fast are triggers, the memory store, dispatch, and the Redis and MySQL stores, beside croner, cron-parser,
    node-schedule and BullMQ?
npm run bench -- recommend [--quick]
    What does user_recommend cost with up to a million articles while events arrive, and how does that grow?
npm run bench -- push [--sockets 5000]
    Cost of an idle socket, and latency of a notification to one user among thousands`;

const { positionals, values } = commandLine({
  usage: USAGE,
  positionals: 1,
  options: {
    articles: { type: "string", default: "20000" },
    readers: { type: "string", default: "20000" },
    rounds: { type: "string", default: "3" },
    seconds: { type: "string", default: "3" },
    connections: { type: "string", default: "1,16,64" },
    sockets: { type: "string", default: "5000" },
    quick: { type: "boolean", default: false },
  },
});

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const say = (line: string) => void process.stdout.write(`${line}\n`);

switch (positionals[0]) {
  case "feed":
    build();
    await benchFeed(
      {
        articles: Number(values.articles),
        readers: Number(values.readers),
        rounds: Number(values.rounds),
        seconds: Number(values.seconds),
        connections: values.connections.split(",").map(Number),
      },
      say,
    );
    break;
  case "scheduler":
    await benchScheduler(say);
    break;
  case "recommend":
    build("@headline/recommendation");
    await benchRecommend(values.quick ? QUICK : FULL, say);
    break;
  case "push":
    build();
    await benchPush({ sockets: Number(values.sockets) }, say);
    break;
  case "call":
    run("packages/recommender/bench/call.ts");
    break;
  case "compress":
    run("services/gateway/bench/compress.ts");
    break;
  default:
    say(USAGE);
    process.exitCode = positionals.length === 0 ? 0 : 2;
}

/** A bench that stands beside what it measures. */
function run(file: string): void {
  execFileSync(process.execPath, ["--import", "tsx", "--conditions=source", `${ROOT}${file}`], {
    cwd: ROOT,
    stdio: "inherit",
  });
}

/** Builds what is measured: the compiled services as in production, without a loader between. Everything unless given names. */
function build(...packages: readonly string[]): void {
  const filters = packages.map((name) => `--filter=${name}`);
  execFileSync("npx", ["turbo", "run", "build", "--output-logs=errors-only", ...filters], {
    cwd: ROOT,
    stdio: "inherit",
    env: { ...process.env, TURBO_TELEMETRY_DISABLED: "1" },
  });
}
