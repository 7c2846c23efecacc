import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { LandedEvent } from "@headline/newsroom/events";
import { eventually } from "@headline/testkit";
import { expect, test } from "@jest/globals";
import { LandedEvents } from "../src/evaluate/landed-events.js";
import { readLog } from "../src/evaluate/read-log.js";
import { replay } from "../src/evaluate/replay.js";
import { ReplayedService } from "../src/evaluate/replayed-service.js";
import { timeline } from "../src/evaluate/timeline.js";
import { openWorld, type World } from "./open-world.js";
import { syntheticLog, writeLog } from "./synthetic-log.js";

/** Opens articles and is shown none: what the reader has seen is the same for the service and the evaluation. */
const READER = 999;
/** Long enough that no recall leaves anything out: of equals, each process has its own first. */
const PAGE = 50;

test("the service and the evaluation name the same candidates with the same measures and scores from the same events", async () => {
  const { events, articles, untilMs } = log();
  const replayed = new ReplayedService({ seed: 1, articles });
  await replay(events, { judge: () => undefined, reveal: (second) => replayed.reveal(second) });

  await using world = await openWorld();
  const landed = new LandedEvents();
  const rows = events.flatMap((event) => landed.of(event));
  await publish(world, rows, replayed);
  await land(world, rows);
  let nowMs = untilMs - 3_600_000;
  const { client } = await world.open({ now: () => nowMs, holdout: 0 });
  const ask = { userId: BigInt(READER), channelId: 0, articleNum: PAGE };
  await eventually(async () => expect((await client.explain(ask)).learnedUpTo).toBe(BigInt(rows.length)));
  nowMs = untilMs; // measures of an article may be a second old: none are from before it was all learnt
  const { candidates } = await client.explain(ask);

  const served = byArticle(candidates.filter(({ sources }) => sources.length > 0));
  const named = replayed.explain(READER, untilMs, PAGE).filter(({ sources }) => sources.length > 0);
  const replayedIds = named.map(({ slot }) => replayed.catalogue.articleId(slot));
  const pool = { reader: BigInt(READER), articles: replayedIds, atMs: untilMs };
  const explained = byArticle(
    replayed.learner.ranker.explain(pool, "pool").map(({ measures }, at) => {
      return { articleId: replayedIds[at]!, measures: asOnTheWire(measures), parts: named[at]!.parts };
    }),
  );
  expect(explained.length).toBeGreaterThan(40);
  expect(explained.some(({ measures }) => measures["clicks 2 h"]! > 0 && measures["covisits"]! > 0)).toBe(true);
  expect(served.map(({ articleId }) => articleId)).toEqual(explained.map(({ articleId }) => articleId));
  for (const [at, { measures, parts }] of explained.entries()) {
    // The service measures the first sixty for an explanation.
    if (Object.keys(served[at]!.measures).length > 0) expect(served[at]!.measures).toEqual(measures);
    for (const [name, part] of Object.entries(parts)) expect(served[at]!.parts[name]).toBeCloseTo(part, 9);
  }
});

/** Protocol buffers have no −0. */
function asOnTheWire(measures: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(measures).map(([name, value]) => [name, value + 0]));
}

function byArticle<Explained extends { readonly articleId: bigint }>(candidates: readonly Explained[]): Explained[] {
  return candidates.toSorted((a, b) => Number(a.articleId - b.articleId));
}

/** A small log in which one more reader opens what others read. */
function log() {
  const { history, ...rest } = syntheticLog({ lists: 60, hours: 6 });
  const startSeconds = Number(rest.impressions[0]![2]);
  const opened = rest.impressions.slice(40, 46).map(([, , , , , clicked]) => clicked!);
  const own = opened.map((article, at) => [String(READER), String(startSeconds + 5.9 * 3600 + at), article, "20", ""]);
  const directory = writeLog(mkdtempSync(join(tmpdir(), "headline-log-")), { ...rest, history: [...history, ...own] });
  const read = readLog(directory, (message) => {
    throw new Error(message);
  });
  const articles = read.articles.map((of) => ({
    ...of,
    channel: 101,
    author: of.article,
    title: `title ${of.article}`,
  }));
  const events = timeline([{ ...read, articles }], () => true);
  return { events, articles, untilMs: events.at(-1)!.atMs + 60_000 };
}

/** The articles as the replay published them. */
async function publish(world: World, rows: readonly LandedEvent[], { catalogue }: ReplayedService): Promise<void> {
  const ids = [...new Set(rows.map(({ articleId }) => articleId))];
  await world.seed(ids.map((id) => ({ id })));
  for (const id of ids) {
    const publishedAtMs = catalogue.publishedAtMs(catalogue.slotOf(id));
    await world.mysql.write(`UPDATE articles SET published_at = ${publishedAtMs} WHERE id = ${id}`);
  }
}

/** The events as rows of the service's log. */
async function land(world: World, rows: readonly LandedEvent[]): Promise<void> {
  const values = rows.map(
    ({ id, userId, articleId, channelId, stamp, kind, reason, position, bucket, durationMs, landedAtMs: at }) =>
      `(${id}, ${userId}, ${channelId}, ${stamp}, ${articleId}, '${kind}', UNHEX(LPAD(HEX(${id}), 32, '0')), ${reason}, ${position}, ${bucket}, ${durationMs ?? "NULL"}, ${at}, ${at}, ${at})`,
  );
  await world.mysql.write(
    `INSERT INTO events (id, user_id, channel_id, stamp, article_id, kind, occurrence, reason, position, bucket, duration_ms,
                         happened_at, accepted_at, landed_at) VALUES ${values.join(",")}`,
  );
}
