import { cpus } from "node:os";
import type { Measured } from "../lib/measure.js";
import { table } from "../lib/table.js";
import type { FeedBenchOptions } from "./options.js";

type Medians = ReadonlyMap<string, ReadonlyMap<number, Measured>>;

const RAW = "raw node:http";
const REAL = "gateway";
const CANNED = "gateway, canned recommender";
const NAIVE = "naive, canned recommender";
const JSON_RPC = "gateway over HTTP/JSON, canned";

/** The measurements as tables, and each figure of the goal beside what was reached. */
export function reportFeed(medians: Medians, half: Measured, options: FeedBenchOptions): string {
  const lines = [
    "",
    `GET /articles, 10 articles, ${medians.get(REAL)?.get(64)?.bytesPerResponse ?? "?"} bytes · ${options.articles} articles, ${options.readers} readers · ` +
      `medians of ${options.rounds} rounds of ${options.seconds} s · Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model ?? "?"}`,
  ];
  for (const connections of options.connections)
    lines.push("", `${connections} connections`, connectionTable(medians, connections));
  lines.push("", "CPU µs per request by process, 64 connections", processTable(medians), "", goals(medians, half));
  return lines.join("\n");
}

function connectionTable(medians: Medians, connections: number): string {
  const raw = medians.get(RAW)?.get(connections);
  const rows = [["", "req/s", "ratio", "p50 ms", "p99 ms", "CPU µs", "ratio", "not 200", "degraded"]];
  for (const [name, byConnections] of medians) {
    const measured = byConnections.get(connections);
    if (measured === undefined || raw === undefined) continue;
    rows.push([
      name,
      measured.perSecond.toFixed(0),
      (measured.perSecond / raw.perSecond).toFixed(2),
      measured.p50Ms.toFixed(2),
      measured.p99Ms.toFixed(2),
      measured.cpuUs.toFixed(0),
      (measured.cpuUs / raw.cpuUs).toFixed(2),
      String(measured.failed),
      String(measured.degraded),
    ]);
  }
  return table(rows);
}

function processTable(medians: Medians): string {
  const rows = [["", "process", "CPU µs"]];
  for (const [name, byConnections] of medians) {
    for (const [process, us] of Object.entries(byConnections.get(64)?.cpuUsOf ?? {}))
      rows.push([name, process, us.toFixed(1)]);
  }
  return table(rows);
}

const NOT_MEASURED = { perSecond: Number.NaN, p50Ms: Number.NaN, cpuUs: Number.NaN };

/** The figures this project has set itself (bench/README.md). */
function goals(medians: Medians, half: Measured): string {
  const at = (name: string, connections: number) => medians.get(name)?.get(connections) ?? NOT_MEASURED;
  const raw = at(RAW, 64);
  const [canned, real] = [at(CANNED, 64), at(REAL, 64)];
  const rows: [string, string, number, boolean][] = [
    goal("CPU, canned recommender ÷ raw node:http", "≤", 2.5, canned.cpuUs / raw.cpuUs),
    goal("CPU, real recommendation ÷ canned", "≤", 2, real.cpuUs / canned.cpuUs),
    goal("requests/s, canned ÷ raw node:http", "≥", 0.33, canned.perSecond / raw.perSecond),
    goal("requests/s, canned ÷ naive", "≥", 10, canned.perSecond / at(NAIVE, 64).perSecond),
    goal(
      "requests/s, canned ÷ HTTP/JSON with every other lever",
      "≥",
      2,
      canned.perSecond / at(JSON_RPC, 64).perSecond,
    ),
    goal("1 connection, p50, canned ÷ raw node:http", "≤", 3, at(CANNED, 1).p50Ms / at(RAW, 1).p50Ms),
    goal("p99 ms at half of the peak load, real", "≤", 10, half.p99Ms),
  ];
  return table([
    ["goal", "figure", "measured", ""],
    ...rows.map(([name, figure, value, met]) => [name, figure, value.toFixed(2), verdict(value, met)]),
  ]);
}

function goal(name: string, relation: "≤" | "≥", figure: number, value: number): [string, string, number, boolean] {
  return [name, `${relation} ${figure}`, value, relation === "≤" ? value <= figure : value >= figure];
}

function verdict(value: number, met: boolean): string {
  if (Number.isNaN(value)) return "not measured";
  return met ? "met" : "NOT MET";
}
