import { describe, expect, test } from "@jest/globals";
import { RecentScrapes } from "./counted.js";
import { probeAll } from "./probe.js";
import { readPrometheusText } from "./prometheus-text.js";

describe("Prometheus's text", () => {
  test("is read line by line, and what is no sample is left out", () => {
    const text = `# HELP a_total A
# TYPE a_total counter
a_total{mode="refresh",message="say \\"hello\\", {twice}"} 3
b_bucket{le="+Inf"} +Inf
c Nan
d 1.5 1700000000000
nonsense
{} 5
`;
    expect(readPrometheusText(text)).toEqual([
      { name: "a_total", labels: { mode: "refresh", message: 'say "hello", {twice}' }, value: 3 },
      { name: "b_bucket", labels: { le: "+Inf" }, value: Number.POSITIVE_INFINITY },
      { name: "c", labels: {}, value: Number.NaN },
      { name: "d", labels: {}, value: 1.5 },
    ]);
  });
});

describe("what was counted", () => {
  const scrape = (source: string, text: string) => ({ source, samples: readPrometheusText(text) });

  test("is what came since the oldest reading, and all of a process that began anew", () => {
    const recent = new RecentScrapes();
    const first = recent.counted([scrape("one", 'a{m="x"} 5'), scrape("two", 'a{m="x"} 7')], 1_000);
    expect(first.sinceMs).toBeUndefined();
    expect(first.sum("a")).toBe(12);
    expect(recent.counted([scrape("one", 'a{m="x"} 8')], 6_000).sum("a")).toBe(8); // too soon to compare
    const second = recent.counted([scrape("one", 'a{m="x"} 9\na{m="y"} 1'), scrape("two", 'a{m="x"} 2')], 66_000);
    expect(second.sinceMs).toBe(1_000);
    expect([...second.by("a", "m")]).toEqual([
      ["x", 6],
      ["y", 1],
    ]);
    expect(second.sum("a", { m: "y" })).toBe(1);
  });

  test("is kept for five minutes", () => {
    const recent = new RecentScrapes();
    recent.counted([scrape("one", "a 5")], 0);
    recent.counted([scrape("one", "a 6")], 200_000);
    expect(recent.counted([scrape("one", "a 8")], 400_000).sum("a")).toBe(2);
  });
});

describe("probes", () => {
  test("run together, each with its own end, and none fails the others", async () => {
    const probed = await probeAll(
      [
        { name: "well", ask: async () => "fine" },
        { name: "mute", ask: () => new Promise<string>(() => undefined) },
        { name: "broken", ask: () => Promise.reject(new Error("fetch failed", { cause: { code: "ECONNREFUSED" } })) },
      ],
      50,
    );
    expect(probed.map(({ name, ok, detail }) => [name, ok, detail])).toEqual([
      ["well", true, "fine"],
      ["mute", false, "no answer within 50 ms"],
      ["broken", false, "ECONNREFUSED"],
    ]);
  });
});
