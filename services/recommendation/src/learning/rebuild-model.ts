import { isDeepStrictEqual } from "node:util";
import { readEvents } from "@headline/event-log";
import type { Mysql } from "@headline/mysql";
import { growForest, type Training } from "@headline/ranking";
import { loadCatalogue } from "../catalogue/article-source.js";
import { Catalogue } from "../catalogue/catalogue.js";
import { TitleKeeper } from "../catalogue/title-keeper.js";
import { Learner } from "./learner.js";
import { contentOf, decodeLearner, encodeLearner } from "./learner-snapshot.js";
import { ModelStore } from "./model-store.js";
import { MODEL_NAME } from "./open-learning.js";
import { createTastes } from "./tastes.js";

interface Options {
  readonly mysql: Mysql;
  readonly onProgress?: (learnt: { readonly events: number; readonly upTo: bigint }) => void;
  readonly signal?: AbortSignal;
}

/** What a rebuild came to. */
export interface Rebuilt {
  readonly events: number;
  readonly upTo: bigint;
  /** Whether the snapshot that was stored held the same, number for number; undefined when none was stored. */
  readonly sameAsStored: boolean | undefined;
}

const PAGE = 1_000;
const NEVER = new AbortController().signal;

/**
 * Learns everything again from the first event on, by the code that learns while serving, compares what was learnt up to the
 * stored snapshot with that snapshot, goes on to the newest event and stores the result.
 */
export async function rebuildModel({ mysql, onProgress, signal = NEVER }: Options): Promise<Rebuilt> {
  const catalogue = new Catalogue(Date.now);
  await loadCatalogue(mysql, catalogue);
  const titles = new TitleKeeper({
    mysql,
    catalogue,
    onError: (error) => {
      throw error;
    },
  });
  await titles.load(signal);
  const fresh = () => ({ catalogue, grow: growHere, students: createTastes(catalogue, titles).students });
  const store = new ModelStore(mysql, MODEL_NAME);
  const stored = await store.load();
  const learner = new Learner(fresh());
  let events = 0;
  let sameAsStored: boolean | undefined;
  for (;;) {
    signal.throwIfAborted();
    const limit = stored !== undefined && learner.position < stored.eventId ? stored.eventId : undefined;
    const page = await readEvents(mysql, learner.position, PAGE);
    const wanted = limit === undefined ? page : page.filter(({ id }) => id <= limit);
    if (wanted.length === 0) break;
    await learner.learn(wanted);
    events += wanted.length;
    onProgress?.({ events, upTo: learner.position });
    if (stored !== undefined && learner.position === stored.eventId) {
      const was = decodeLearner(stored.body, fresh());
      sameAsStored = isDeepStrictEqual(await contentOf(learner), await contentOf(was));
    }
  }
  await learner.settle();
  await store.save({ eventId: learner.position, body: await encodeLearner(learner) });
  return { events, upTo: learner.position, sameAsStored };
}

async function growHere({ set, options }: Training) {
  return growForest(set, options);
}
