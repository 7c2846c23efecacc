import { isDeepStrictEqual } from "node:util";
import type { Mysql } from "@headline/mysql";
import { prunedUpTo, readEvents } from "@headline/newsroom/events";
import { growForest, type Training } from "@headline/ranking";
import { loadCatalogue } from "../catalogue/article-source.js";
import { Catalogue } from "../catalogue/catalogue.js";
import { TitleLoader } from "../catalogue/title-loader.js";
import { Learner } from "./learner.js";
import { contentOf, decodeLearner, snapshotOf } from "./learner-snapshot.js";
import { ModelStore, packModel } from "./model-store.js";
import { MODEL_NAME } from "./open-learning.js";
import { createTastes } from "./tastes.js";

interface Options {
  readonly mysql: Mysql;
  readonly onProgress?: (learnt: { readonly events: number; readonly upTo: bigint }) => void;
  readonly signal?: AbortSignal;
}

/** Result of a rebuild. */
export interface Rebuilt {
  readonly events: number;
  readonly upTo: bigint;
  /** Whether the snapshot that was stored held the same, number for number; undefined when there was nothing to compare with. */
  readonly sameAsStored: boolean | undefined;
  /** The last event that was pruned from the log, which the stored snapshot may have learnt; 0n for a whole log. */
  readonly prunedUpTo: bigint;
  /** Whether the result was stored: an older snapshot stays when the log ends before it. */
  readonly stored: boolean;
}

const PAGE = 1_000;
const NEVER = new AbortController().signal;

/**
 * Learns everything that is in the log again, by the code that learns while serving, compares what was learnt up to the stored
 * snapshot with that snapshot if the log is whole, goes on to the newest event and stores the result.
 */
export async function rebuildModel({ mysql, onProgress, signal = NEVER }: Options): Promise<Rebuilt> {
  const catalogue = new Catalogue(Date.now);
  await loadCatalogue(mysql, catalogue);
  const titles = new TitleLoader({
    mysql,
    catalogue,
    onError: (error) => {
      throw error;
    },
  });
  await titles.load(signal);
  const fresh = () => ({
    catalogue,
    titleWords: titles.words,
    grow: growHere,
    consumers: createTastes(catalogue, titles).consumers,
  });
  const store = new ModelStore(mysql, MODEL_NAME);
  const was = await store.load();
  const learner = new Learner(fresh());
  let compareAt = (await prunedUpTo(mysql)) === 0n ? was?.eventId : undefined;
  let events = 0;
  let isSame: boolean | undefined;
  for (;;) {
    signal.throwIfAborted();
    const page = await readEvents(mysql, learner.position, PAGE);
    if (page.length === 0) break;
    const limit = compareAt;
    const wanted = limit === undefined ? page : page.filter(({ id }) => id <= limit);
    if (wanted.length === 0) {
      compareAt = undefined; // it was pruned meanwhile
      continue;
    }
    await learner.learn(wanted);
    events += wanted.length;
    onProgress?.({ events, upTo: learner.position });
    if (was === undefined || learner.position !== compareAt) continue;
    compareAt = undefined;
    isSame = isDeepStrictEqual(
      await contentOf(learner),
      await contentOf(decodeLearner(Buffer.concat(was.chunks), fresh())),
    );
  }
  await learner.settle();
  const stored = was === undefined || learner.position >= was.eventId;
  if (stored) await store.save({ eventId: learner.position, parts: await packModel(snapshotOf(learner)) });
  const pruned = await prunedUpTo(mysql);
  return {
    events,
    upTo: learner.position,
    sameAsStored: pruned === 0n ? isSame : undefined,
    prunedUpTo: pruned,
    stored,
  };
}

async function growHere({ set, options }: Training) {
  return growForest(set, options);
}
