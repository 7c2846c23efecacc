import { cpus } from "node:os";
import { table } from "../lib/table.js";
import type { Calls } from "./measure-calls.js";
import { FORMS, type RecommendBenchOptions } from "./options.js";

export interface Measurements {
  readonly articles: number;
  readonly startSeconds: number;
  readonly rssMb: { readonly ready: number; readonly warm: number; readonly after: number };
  /** Of each form, in the order of FORMS, its rounds. */
  readonly runs: readonly (readonly Calls[])[];
}

interface Circumstances extends RecommendBenchOptions {
  /** Of the machine, before anything began. */
  readonly load: number;
  /** The slowest of the rounds. */
  readonly eventsSeen: number;
}

type Figure = "perSecond" | "p50Ms" | "p99Ms" | "cpuUs";

/** Latency and memory by number of articles, and how they grow. */
export function reportRecommend(measurements: readonly Measurements[], options: Circumstances): string {
  const lines = [
    "",
    `user_recommend over gRPC, 10 articles · ${options.readers.toLocaleString("en")} readers with a history · ` +
      `${options.eventsSeen.toFixed(0)} events/s or more arrive · medians of ${options.rounds} rounds of ${options.seconds} s · ` +
      `Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model ?? "?"}, load ${options.load.toFixed(1)} before it began`,
  ];
  for (const [at, form] of FORMS.entries()) {
    const title = form === "fixed rate" ? `${options.rate} calls/s, begun when due` : form;
    lines.push("", title, callTable(measurements, at));
  }
  lines.push("", "the service's process", memoryTable(measurements), "", growth(measurements));
  return lines.join("\n");
}

function callTable(measurements: readonly Measurements[], at: number): string {
  const rows = [["articles", "calls/s", "p50 ms", "p99 ms", "CPU µs", "failed", "short"]];
  for (const { articles, runs } of measurements) {
    const ofForm = runs[at] ?? [];
    const total = (figure: "failed" | "short") => String(ofForm.reduce((sum, run) => sum + run[figure], 0));
    rows.push([
      articles.toLocaleString("en"),
      median(ofForm, "perSecond").toFixed(0),
      median(ofForm, "p50Ms").toFixed(2),
      median(ofForm, "p99Ms").toFixed(2),
      median(ofForm, "cpuUs").toFixed(0),
      total("failed"),
      total("short"),
    ]);
  }
  return table(rows);
}

function memoryTable(measurements: readonly Measurements[]): string {
  const rows = [["articles", "ready after s", "RSS MB ready", "all have refreshed", "after the load"]];
  for (const { articles, startSeconds, rssMb } of measurements) {
    const megabytes = [rssMb.ready, rssMb.warm, rssMb.after].map((value) => value.toFixed(0));
    rows.push([articles.toLocaleString("en"), startSeconds.toFixed(1), ...megabytes]);
  }
  return table(rows);
}

/** The largest size beside the smallest, and readers beside nobody. */
function growth(measurements: readonly Measurements[]): string {
  const [small, large] = [measurements[0], measurements.at(-1)] as [Measurements, Measurements];
  const over = (figure: Figure, at: number) => ratio(medianOf(large, at, figure), medianOf(small, at, figure));
  const overNobody = (figure: Figure) => ratio(medianOf(large, 1, figure), medianOf(large, 2, figure));
  const kb = (1_024 * (large.rssMb.ready - small.rssMb.ready)) / (large.articles - small.articles);
  return table([
    [`${large.articles.toLocaleString("en")} ÷ ${small.articles.toLocaleString("en")} articles`, "ratio"],
    ["p99 at the fixed rate", over("p99Ms", 0)],
    ["p50 at the fixed rate", over("p50Ms", 0)],
    ["p99, 16 at once", over("p99Ms", 1)],
    ["CPU per call, 16 at once", over("cpuUs", 1)],
    ["RSS when ready", `${ratio(large.rssMb.ready, small.rssMb.ready)}, ${kb.toFixed(2)} kB an article`],
    [`a reader ÷ user 0, ${large.articles.toLocaleString("en")} articles, 16 at once`, ""],
    ["p99", overNobody("p99Ms")],
    ["CPU per call", overNobody("cpuUs")],
  ]);
}

function medianOf({ runs }: Measurements, at: number, figure: Figure): number {
  return median(runs[at] ?? [], figure);
}

function median(runs: readonly Calls[], figure: Figure): number {
  const sorted = runs.map((run) => run[figure]).sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

function ratio(value: number, by: number): string {
  return (value / by).toFixed(2);
}
