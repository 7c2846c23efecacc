import { describe, expect, test } from "@jest/globals";
import { createLog, problemsOf, rateLimitedLog } from "../log/index.js";
import { countDependencies, listenForMetrics, Metrics, readCaches } from "./index.js";

const linesOf = (text: string, name: string) => text.split("\n").filter((line) => line.startsWith(name));

describe("metrics", () => {
  test("the README's example holds: what is counted is what a scrape reads", async () => {
    const metrics = new Metrics("test");
    const pages = metrics.counter({ name: "headline_pages_total", help: "Pages", labels: ["mode"] });
    const refreshed = pages.of("refresh");
    refreshed.add();
    pages.of("refresh").add(2);
    await using listener = await listenForMetrics(metrics, { port: 0, host: "127.0.0.1" });
    const answer = await fetch(`http://127.0.0.1:${listener.port}/metrics`);
    expect(answer.headers.get("content-type")).toContain("version=0.0.4");
    expect(linesOf(await answer.text(), "headline_")).toEqual([
      'headline_process_info{service="test"} 1',
      'headline_pages_total{mode="refresh"} 3',
    ]);
    const other = await fetch(`http://127.0.0.1:${listener.port}/other`);
    expect([other.status, other.headers.get("x-content-type-options")]).toEqual([404, "nosniff"]);
  });

  test("of times are cumulative buckets with their sum and count", async () => {
    const metrics = new Metrics("test");
    const timing = metrics.timing({ name: "headline_call_seconds", help: "Calls", labels: ["method"] }).of("GET");
    for (const ms of [0.5, 1, 4, 40, 5_000]) timing.observeMs(ms);
    const text = await metrics.text();
    const bucket = (le: string) =>
      linesOf(text, `headline_call_seconds_bucket{method="GET",le="${le}"}`)[0]?.split(" ")[1];
    expect([bucket("0.001"), bucket("0.005"), bucket("0.02"), bucket("0.05"), bucket("3"), bucket("+Inf")]).toEqual([
      "2",
      "3",
      "3",
      "4",
      "4",
      "5",
    ]);
    expect(text).toContain('headline_call_seconds_count{method="GET"} 5');
    expect(text).toMatch(/headline_call_seconds_sum\{method="GET"\} 5\.045/);
  });

  test("that cannot be read, or not in time, cost their own line and never the scrape", async () => {
    const metrics = new Metrics("test");
    metrics.read({ name: "headline_a", help: "a", read: () => Promise.reject(new Error("away")) });
    metrics.read({ name: "headline_b", help: "b", read: () => new Promise(() => undefined) });
    metrics.read({ name: "headline_c", help: "c", read: () => 7 });
    const text = await metrics.text();
    expect(text).toContain("headline_a Nan");
    expect(text).toContain("headline_b Nan");
    expect(text).toContain("headline_c 7");
  });

  test("of dependencies say how long calls took, and what failed", async () => {
    const metrics = new Metrics("test");
    const observe = countDependencies(metrics)("mysql");
    observe("query", "ok", 2);
    observe("query", "unavailable", 300);
    const text = await metrics.text();
    expect(text).toContain('headline_dependency_seconds_count{dependency="mysql",operation="query"} 2');
    expect(linesOf(text, "headline_dependency_failures_total")).toEqual([
      'headline_dependency_failures_total{dependency="mysql",operation="query",reason="unavailable"} 1',
    ]);
  });

  test("of caches are read where they are kept", async () => {
    const metrics = new Metrics("test");
    const cache = { reads: { local: 3, redis: 2, source: 0 } };
    readCaches(metrics, { article: cache });
    cache.reads.source += 1;
    expect(linesOf(await metrics.text(), "headline_cache_reads_total")).toEqual([
      'headline_cache_reads_total{cache="article",from="local"} 3',
      'headline_cache_reads_total{cache="article",from="redis"} 2',
      'headline_cache_reads_total{cache="article",from="source"} 1',
    ]);
  });

  test("count what is warned of by its message, as often as a line stands for, and not without end", () => {
    const log = createLog({ name: "test", level: "fatal" });
    const loud = createLog({ name: "test", level: "error" });
    expect([...problemsOf(log)]).toEqual([]);
    const write = process.stdout.write;
    process.stdout.write = () => true;
    try {
      let now = 0;
      const tell = rateLimitedLog(loud, "never at this level", { everyMs: 10, now: () => now });
      for (; now < 50; now += 1) tell(new Error("away"));
      loud.error({ err: new Error("x"), times: 3 }, "a call failed");
      loud.error("a call failed");
      for (let each = 0; each < 200; each += 1) loud.error(`message ${each}`);
    } finally {
      process.stdout.write = write;
    }
    const problems = [...problemsOf(loud)];
    expect(problems[0]).toEqual({ level: "error", message: "a call failed", times: 4 });
    expect(problems.length).toBeLessThanOrEqual(101);
    expect(problems.find(({ message }) => message === "(other messages)")?.times).toBeGreaterThan(90);
  });
});
