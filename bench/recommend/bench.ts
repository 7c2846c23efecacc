import { loadavg } from "node:os";
import { CloseStack } from "@headline/service/lifecycle";
import { keepWritingEvents } from "../lib/reader-events.js";
import { type Calls, type LoadRequest, measureCalls } from "./measure-calls.js";
import { FORMS, type Form, type RecommendBenchOptions } from "./options.js";
import { type Measurements, reportRecommend } from "./report.js";
import { openSizedSystem, rssMb, type SizedSystem, type Warm } from "./sized-system.js";

const CONNECTIONS = 16;
const WARMUP_SECONDS = 1;

/** Cost of a recommendation with up to a million articles while readers' events arrive, and its growth. */
export async function benchRecommend(options: RecommendBenchOptions, say: (line: string) => void): Promise<void> {
  await using resources = new CloseStack();
  const load = loadavg()[0] as number;
  const systems: SizedSystem[] = [];
  for (const articles of options.sizes)
    systems.push(resources.use(await openSizedSystem({ articles, readers: options.readers }, say)));

  const warm: Warm[] = [];
  for (const system of systems) {
    say(
      `${system.articles.toLocaleString("en")} articles: the past is learnt, then a fifth of the readers refresh once`,
    );
    warm.push(await system.warm());
  }

  const runs: Record<Form, Calls[]>[] = systems.map(() => emptyRuns());
  const eventRates: number[] = [];
  for (let round = 0; round < options.rounds; round += 1) {
    const order = systems.map((_, index) => index);
    for (const index of round % 2 === 0 ? order : order.reverse()) {
      const system = systems[index] as SizedSystem;
      say(`round ${round + 1} of ${options.rounds}: ${system.articles.toLocaleString("en")} articles`);
      await using writing = keepWritingEvents(system.mysql, system.events, options.eventsPerSecond);
      for (const form of FORMS) {
        const request = requestFor(form, { system, warm: warm[index] as Warm, options, round });
        if (request !== undefined) runs[index]?.[form].push(await measureCalls(system.pid, request));
      }
      eventRates.push(await writing.stop());
    }
  }
  const measurements = systems.map(
    (system, index): Measurements => ({
      articles: system.articles,
      startSeconds: system.startSeconds,
      rssMb: { ready: system.readyMb, warm: (warm[index] as Warm).warmMb, after: rssMb(system.pid) },
      runs: runs[index] as Record<Form, Calls[]>,
    }),
  );
  say(reportRecommend(measurements, { ...options, load, eventsSeen: Math.min(...eventRates) }));
}

interface Turn {
  readonly system: SizedSystem;
  readonly warm: Warm;
  readonly options: RecommendBenchOptions;
  readonly round: number;
}

/** Parameters of the load; undefined for a form without readers. */
function requestFor(form: Form, { system, warm, options, round }: Turn): LoadRequest | undefined {
  const { readers, seconds, rate } = options;
  const common = {
    address: system.address,
    readers,
    seconds,
    warmupSeconds: WARMUP_SECONDS,
    connections: CONNECTIONS,
    anonymous: form === "16 at once, user 0",
    skip: round * 1_009,
  };
  if (form === "fixed rate") return { ...common, ratePerSecond: rate };
  if (form !== "16 at once, held out") return common;
  return warm.heldOutFile === undefined ? undefined : { ...common, onlyOf: warm.heldOutFile };
}

function emptyRuns(): Record<Form, Calls[]> {
  return { "fixed rate": [], "16 at once": [], "16 at once, held out": [], "16 at once, user 0": [] };
}
