import { execFileSync } from "node:child_process";
import { cpus } from "node:os";
import type { Measured } from "../lib/measure.js";
import { table } from "../lib/table.js";
import type { FormName } from "./forms.js";
import type { FeedBenchOptions, FormRuns } from "./options.js";

export interface FeedResults {
  readonly medians: ReadonlyMap<FormName, FormRuns>;
  /** A reader's page at half of the peak load. */
  readonly half: Measured;
  /** Share of a core that learning takes while events arrive. */
  readonly learningShare: number;
  readonly options: FeedBenchOptions;
}

/** Longest turn of a serving loop that the project allows itself, ms. */
const TURN_MS_MAX = 25;

/** Report of a run as Markdown: CPU first, latencies, and each goal beside the figure. */
export function reportFeed(results: FeedResults): string {
  const { medians, options } = results;
  const { articles, rounds, requests, warmup, connections } = options;
  const bytes = medians.get("reader")?.many.bytesPerResponse;
  return [
    "",
    `Commit ${commit()}, Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model ?? "?"}. GET /articles, 10 articles, ${bytes} bytes; ` +
      `${articles} articles; medians by CPU of ${rounds} rounds of ${requests} requests on ${connections} connections after ${warmup} to warm up.`,
    "",
    table(costs(medians)),
    "",
    table(latencies(medians)),
    "",
    table(goals(results)),
  ].join("\n");
}

function commit(): string {
  const git = (...args: string[]) => execFileSync("git", args, { encoding: "utf8" }).trim();
  return (
    git("rev-parse", "--short", "HEAD") +
    (git("status", "--porcelain", "--untracked-files=no") === "" ? "" : " and changes")
  );
}

function costs(medians: FeedResults["medians"]): string[][] {
  const of = (name: FormName) => medians.get(name)?.many.cpuUs ?? Number.NaN;
  const rows = [["CPU of all processes", "µs", "÷ raw", "÷ canned", "gateway", "recommender", "Redis", "MariaDB"]];
  for (const [name, { many }] of medians) {
    const { cpuUs, cpuUsOf } = many;
    const recommenders = (cpuUsOf["recommender"] ?? Number.NaN) + (cpuUsOf["second recommender"] ?? 0);
    rows.push([
      name,
      cpuUs.toFixed(0),
      (cpuUs / of("raw node:http")).toFixed(1),
      (cpuUs / of("canned")).toFixed(1),
      ...[cpuUsOf["gateway"], recommenders, cpuUsOf["redis"], cpuUsOf["mariadb"]].map(rounded),
    ]);
  }
  return rows;
}

function latencies(medians: FeedResults["medians"]): string[][] {
  const raw = medians.get("raw node:http");
  const rows = [["", "requests/s", "p50 ms, 1 connection", "÷ raw", "p99 ms", "longest turn ms", "without a fact"]];
  for (const [name, { one, many }] of medians) {
    rows.push([
      name,
      many.perSecond.toFixed(0),
      one.p50Ms.toFixed(2),
      (one.p50Ms / (raw?.one.p50Ms ?? Number.NaN)).toFixed(1),
      many.p99Ms.toFixed(1),
      longestTurn(many)?.toFixed(0) ?? "–",
      String(many.incomplete),
    ]);
  }
  return rows;
}

/** Goals of the project (bench/README.md), each a ratio of this run but for the turn. */
function goals({ medians, half, learningShare }: FeedResults): string[][] {
  const cpu = (name: FormName) => medians.get(name)?.many.cpuUs ?? Number.NaN;
  const p50 = (name: FormName) => medians.get(name)?.one.p50Ms ?? Number.NaN;
  const raw = cpu("raw node:http");
  const turns = [...medians.values()].flatMap(({ many }) => longestTurn(many) ?? []);
  return [
    ["goal", "at most", "measured", ""],
    goal("CPU, canned ÷ raw", 3, cpu("canned") / raw),
    goal("CPU, a guest's first page ÷ raw", 12, cpu("guest, first page") / raw),
    goal("CPU, a guest's next page ÷ raw", 12, cpu("guest, next page") / raw),
    goal("CPU, a reader's page ÷ raw", 18, cpu("reader") / raw),
    goal("CPU, two recommenders ÷ one", 1.1, cpu("reader, two recommenders") / cpu("reader")),
    goal("p50 of one connection, canned ÷ raw", 4, p50("canned") / p50("raw node:http")),
    goal("p50 of one connection, a reader ÷ raw", 12, p50("reader") / p50("raw node:http")),
    goal("p99 at half of the peak ÷ p50 of one connection", 5, half.p99Ms / p50("reader")),
    goal("share of a core for learning", 0.1, learningShare),
    goal("longest turn of a serving loop, ms", TURN_MS_MAX, Math.max(...turns)),
  ];
}

function goal(name: string, most: number, value: number): string[] {
  return [name, String(most), value.toFixed(2), value <= most ? "met" : "NOT MET"];
}

function longestTurn({ turnMsOf }: Measured): number | undefined {
  const turns = Object.values(turnMsOf);
  return turns.length === 0 ? undefined : Math.max(...turns);
}

function rounded(us: number | undefined): string {
  return us === undefined || Number.isNaN(us) ? "–" : us.toFixed(0);
}
