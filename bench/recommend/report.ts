import { cpus } from "node:os";
import { table } from "../lib/table.js";
import type { Calls } from "./measure-calls.js";
import { FORMS, type Form, type RecommendBenchOptions } from "./options.js";

export interface Measurements {
  readonly articles: number;
  readonly startSeconds: number;
  readonly rssMb: { readonly ready: number; readonly warm: number; readonly after: number };
  /** Of each form its rounds. */
  readonly runs: Readonly<Record<Form, readonly Calls[]>>;
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
  for (const form of FORMS) {
    const title = form === "fixed rate" ? `${options.rate} calls/s, begun when due` : form;
    lines.push("", title, callTable(measurements, form));
  }
  lines.push("", "the service's process", memoryTable(measurements), "", growth(measurements));
  return lines.join("\n");
}

function callTable(measurements: readonly Measurements[], form: Form): string {
  const rows = [["articles", "calls/s", "p50 ms", "p99 ms", "CPU µs", "failed", "short"]];
  for (const { articles, runs } of measurements) {
    const ofForm = runs[form];
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
  const rows = [["articles", "ready after s", "RSS MB ready", "the past learnt", "after the load"]];
  for (const { articles, startSeconds, rssMb } of measurements) {
    const megabytes = [rssMb.ready, rssMb.warm, rssMb.after].map((value) => value.toFixed(0));
    rows.push([articles.toLocaleString("en"), startSeconds.toFixed(1), ...megabytes]);
  }
  return table(rows);
}

/** The largest size beside the smallest, and readers beside anonymous calls. */
function growth(measurements: readonly Measurements[]): string {
  const [small, large] = [measurements[0], measurements.at(-1)] as [Measurements, Measurements];
  const over = (figure: Figure, form: Form) =>
    ratio(median(large.runs[form], figure), median(small.runs[form], figure));
  const beside = (figure: Figure, form: Form) =>
    ratio(median(large.runs["16 at once"], figure), median(large.runs[form], figure));
  const kb = (1_024 * (large.rssMb.ready - small.rssMb.ready)) / (large.articles - small.articles);
  return table([
    [`${large.articles.toLocaleString("en")} ÷ ${small.articles.toLocaleString("en")} articles`, "ratio"],
    ["p99 at the fixed rate", over("p99Ms", "fixed rate")],
    ["p50 at the fixed rate", over("p50Ms", "fixed rate")],
    ["p99, 16 at once", over("p99Ms", "16 at once")],
    ["CPU per call, 16 at once", over("cpuUs", "16 at once")],
    ["RSS when ready", `${ratio(large.rssMb.ready, small.rssMb.ready)}, ${kb.toFixed(2)} kB an article`],
    [`${large.articles.toLocaleString("en")} articles, 16 at once`, ""],
    ["CPU per call, a reader ÷ one who is held out", beside("cpuUs", "16 at once, held out")],
    ["CPU per call, a reader ÷ user 0", beside("cpuUs", "16 at once, user 0")],
    ["p99, a reader ÷ one who is held out", beside("p99Ms", "16 at once, held out")],
    ["p99, a reader ÷ user 0", beside("p99Ms", "16 at once, user 0")],
  ]);
}

function median(runs: readonly Calls[], figure: Figure): number {
  const sorted = runs.map((run) => run[figure]).sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

function ratio(value: number, by: number): string {
  return (value / by).toFixed(2);
}
