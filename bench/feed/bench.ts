import { setTimeout as sleep } from "node:timers/promises";
import { CloseStack } from "@headline/service/lifecycle";
import { load, type Measured, measure, median } from "../lib/measure.js";
import { keepWritingEvents } from "../lib/reader-events.js";
import { type Form, type FormName, formsOf, RETURNING } from "./forms.js";
import type { FeedBenchOptions, FormRuns } from "./options.js";
import { reportFeed } from "./report.js";
import { openTargets, PATH, type Targets } from "./targets.js";
import { type FeedWorld, openWorld } from "./world.js";

const ONE_SHARE = 5;
/** Numbers of loads that are no round's. */
const WARM_UP_RUN = 10_000;
const HALF_PEAK_RUN = 20_000;
const LEARNING_SECONDS = 10;
const HALF_PEAK_SECONDS = 4;
const HALF_PEAK_CONNECTIONS = 64;

/** Cost of one page of the home feed in each form. Everything runs in one go, in alternating order. */
export async function benchFeed(options: FeedBenchOptions, say: (line: string) => void): Promise<void> {
  await using resources = new CloseStack();
  const { articles, events, rounds } = options;
  const once = Math.ceil(options.requests * (1 + 1 / ONE_SHARE));
  const readers = RETURNING + rounds * once;
  const world = resources.use(await openWorld({ articles, readers, events }, say));
  const targets = await openTargets(world, resources, say);
  const forms = formsOf(targets, world);
  for (const form of forms) await warmUp(form, options, say);

  const runs = new Map<FormName, { one: Measured[]; many: Measured[] }>(
    forms.map(({ name }) => [name, { one: [], many: [] }]),
  );
  for (let round = 0; round < rounds; round += 1) {
    for (const form of round % 2 === 0 ? forms : [...forms].reverse()) {
      say(`round ${round + 1} of ${rounds}: ${form.name}`);
      const of = runs.get(form.name);
      of?.one.push(await measureForm(form, world, { ...options, connections: 1, run: 2 * round }));
      of?.many.push(await measureForm(form, world, { ...options, run: 2 * round + 1 }));
    }
  }
  const medians = new Map<FormName, FormRuns>(
    [...runs].map(([name, { one, many }]) => [name, { one: median(one), many: median(many) }]),
  );
  const half = await measureHalfOfPeak(forms, medians, say);
  const learningShare = await measureLearning(targets, world, options, say);
  say(reportFeed({ medians, half, learningShare, options }));
}

/** Lets compilers and caches settle; a page may be degraded meanwhile. */
async function warmUp({ name, target, callers, warmUp }: Form, options: FeedBenchOptions, say: (line: string) => void) {
  say(`warming up: ${name}`);
  const { warmup: requests, connections } = options;
  const from = warmUp ?? callers(WARM_UP_RUN, requests);
  await load(target, { path: PATH, connections, warmup: 0, requests, callers: from });
}

interface Round extends FeedBenchOptions {
  readonly run: number;
}

async function measureForm({ target, callers, events }: Form, world: FeedWorld, round: Round): Promise<Measured> {
  const { connections, run, eventsPerSecond } = round;
  const requests = connections === 1 ? Math.ceil(round.requests / ONE_SHARE) : round.requests;
  const measured = () =>
    measure(target, { path: PATH, connections, warmup: 0, requests, callers: callers(run, requests) });
  if (events !== true) return measured();
  await using _writing = keepWritingEvents(world.mysql, world.events, eventsPerSecond);
  return await measured();
}

/** Latency of a reader's page at half of the rate that as many connections reach. */
async function measureHalfOfPeak(
  forms: readonly Form[],
  medians: ReadonlyMap<FormName, FormRuns>,
  say: (line: string) => void,
): Promise<Measured> {
  say("half of the peak load");
  const { target, callers } = forms.find(({ name }) => name === "reader") as Form;
  const ratePerSecond = (medians.get("reader") as FormRuns).many.perSecond / 2;
  const requests = Math.ceil(ratePerSecond * HALF_PEAK_SECONDS);
  const rated = { path: PATH, connections: HALF_PEAK_CONNECTIONS, warmup: 0, requests, ratePerSecond };
  return measure(target, { ...rated, callers: callers(HALF_PEAK_RUN, requests) });
}

/** Share of a core that the recommender takes while events arrive and no page is asked for. */
async function measureLearning(
  { recommender }: Targets,
  world: FeedWorld,
  { eventsPerSecond }: FeedBenchOptions,
  say: (line: string) => void,
): Promise<number> {
  say(`learning from ${eventsPerSecond} events a second`);
  await using writing = keepWritingEvents(world.mysql, world.events, eventsPerSecond);
  const [before, startedAt] = [recommender.cpuUs(), performance.now()];
  await sleep(LEARNING_SECONDS * 1_000);
  const share = (recommender.cpuUs() - before) / 1_000 / (performance.now() - startedAt);
  const rate = await writing.stop();
  if (rate < 0.9 * eventsPerSecond) throw new Error(`only ${Math.round(rate)} events a second arrived`);
  return share;
}
