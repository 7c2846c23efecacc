import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { commandLine, orUsage, type Range, wholeNumber } from "../tools/lib/command-line.js";
import { benchFeed } from "./feed/bench.js";
import { benchPush } from "./push/bench.js";
import { benchRecommend } from "./recommend/bench.js";
import { FULL, QUICK } from "./recommend/options.js";
import { benchScheduler } from "./scheduler/bench.js";

const USAGE = `npm run bench -- feed [--articles 20000] [--rounds 3] [--requests 2000] [--warmup 5000] [--connections 16]
    What does one page of the home feed cost guests and readers, beside raw node:http, a naive gateway, and HTTP/JSON?
npm run bench -- call
    What does the recommendation call cost, compared with HTTP/JSON and unary gRPC?
npm run bench -- compress
    What does compressing a page of the feed cost the gateway?
npm run bench -- scheduler
    How fast are triggers, the memory store, dispatch, and the Redis, MySQL and PostgreSQL stores, beside croner,
    cron-parser, node-schedule, BullMQ, pg-boss and graphile-worker?
npm run bench -- recommend [--quick]
    What does user_recommend cost with up to a million articles while events arrive, and how does that grow?
npm run bench -- push [--sockets 5000]
    Cost of an idle socket, and latency of a notification to one user among thousands`;

const { positionals, values } = commandLine({
  usage: USAGE,
  positionals: 1,
  options: {
    articles: { type: "string" },
    rounds: { type: "string" },
    requests: { type: "string" },
    warmup: { type: "string" },
    connections: { type: "string" },
    sockets: { type: "string", default: "5000" },
    quick: { type: "boolean", default: false },
  },
});

/** Events of the feed's world: enough clicks that the ranker is trusted, and forests of both kinds. */
const FEED_EVENTS = 240_000;
const ROOT = fileURLToPath(new URL("..", import.meta.url));
const say = (line: string) => void process.stdout.write(`${line}\n`);

switch (positionals[0]) {
  case "feed":
    build("@headline/gateway", "@headline/recommendation");
    await benchFeed(
      {
        articles: whole("articles", { min: 2_000, max: 1_000_000, default: 20_000 }),
        rounds: whole("rounds", { min: 1, max: 100, default: 3 }),
        requests: whole("requests", { min: 100, max: 1_000_000, default: 2_000 }),
        warmup: whole("warmup", { min: 100, max: 1_000_000, default: 5_000 }),
        connections: whole("connections", { min: 2, max: 1_000, default: 16 }),
        events: FEED_EVENTS,
        eventsPerSecond: 1_000,
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

function whole(name: "articles" | "rounds" | "requests" | "warmup" | "connections", range: Range): number {
  return orUsage(USAGE, () => wholeNumber(name, values[name], range));
}

/** A bench that stands beside what it measures. */
function run(file: string): void {
  execFileSync(process.execPath, ["--import", "tsx", "--conditions=headline-source", `${ROOT}${file}`], {
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
