import { loadavg } from "node:os";
import { CloseStack } from "@headline/lifecycle";
import { type Calls, type LoadRequest, measureCalls } from "./measure-calls.js";
import { FORMS, type Form, type RecommendBenchOptions } from "./options.js";
import { keepWritingEvents } from "./reader-events.js";
import { type Measurements, reportRecommend } from "./report.js";
import { openSizedSystem, rssMb, type SizedSystem } from "./sized-system.js";

const CONNECTIONS = 16;
const WARMUP_SECONDS = 1;

/** What does a recommendation cost with up to a million articles while readers' events arrive, and how does that grow? */
export async function benchRecommend(options: RecommendBenchOptions, say: (line: string) => void): Promise<void> {
  await using resources = new CloseStack();
  const load = loadavg()[0] as number;
  const systems: SizedSystem[] = [];
  for (const articles of options.sizes)
    systems.push(resources.use(await openSizedSystem({ articles, readers: options.readers }, say)));

  const runs: Calls[][][] = systems.map(() => FORMS.map(() => []));
  const eventRates: number[] = [];
  for (let round = 0; round < options.rounds; round += 1) {
    const order = systems.map((_, index) => index);
    for (const index of round % 2 === 0 ? order : order.reverse()) {
      const system = systems[index] as SizedSystem;
      say(`round ${round + 1} of ${options.rounds}: ${system.articles.toLocaleString("en")} articles`);
      const writing = keepWritingEvents(system.mysql, system.events, options.eventsPerSecond);
      for (const [at, form] of FORMS.entries())
        runs[index]?.[at]?.push(await measureCalls(system.pid, requestFor(form, system, options, round)));
      eventRates.push(await writing.stop());
    }
  }
  const measurements = systems.map(
    (system, index): Measurements => ({
      articles: system.articles,
      startSeconds: system.startSeconds,
      rssMb: { ...system.rssMb, after: rssMb(system.pid) },
      runs: runs[index] as Calls[][],
    }),
  );
  say(reportRecommend(measurements, { ...options, load, eventsSeen: Math.min(...eventRates) }));
}

function requestFor(form: Form, system: SizedSystem, options: RecommendBenchOptions, round: number): LoadRequest {
  const { address } = system;
  const { readers, seconds, rate } = options;
  const skip = round * 1_009;
  const common = {
    address,
    readers,
    seconds,
    warmupSeconds: WARMUP_SECONDS,
    connections: CONNECTIONS,
    each: false,
    skip,
  };
  if (form === "fixed rate") return { ...common, nobody: false, ratePerSecond: rate };
  return { ...common, nobody: form === "16 at once, user 0" };
}
