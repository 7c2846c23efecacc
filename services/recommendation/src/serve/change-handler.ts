import type { Mysql } from "@headline/mysql";
import type { Change } from "@headline/newsroom/changes";
import { loadCatalogue, refreshArticles } from "../catalogue/article-source.js";
import type { Catalogue } from "../catalogue/catalogue.js";
import type { Channels } from "../catalogue/channels.js";
import type { Promotions } from "../catalogue/promotions.js";
import type { TitleLoader } from "../catalogue/title-loader.js";

interface Deps {
  readonly mysql: Mysql;
  readonly catalogue: Catalogue;
  readonly channels: Channels;
  readonly promotions: Pick<Promotions, "load">;
  readonly titles: Pick<TitleLoader, "refresh">;
  readonly forgetFollows: (userId: bigint) => void;
  readonly forgetBlockList: (userId: bigint) => void;
}

interface PendingBatch {
  readonly changes: Change[];
  readonly handled: Promise<void>;
}

/** Articles read by one statement. */
const ARTICLES_PER_QUERY = 1_000;

/**
 * Reads changed rows from MySQL into memory, one read after the other: a later one is never overwritten by an earlier one.
 * Changes received during a read wait for the next one.
 */
export function createChangeHandler({
  mysql,
  catalogue,
  channels,
  promotions,
  titles,
  forgetFollows,
  forgetBlockList,
}: Deps) {
  let running: Promise<void> = Promise.resolve();
  let pending: PendingBatch | undefined;

  return (changes: readonly Change[]): Promise<void> => {
    if (pending !== undefined) {
      pending.changes.push(...changes);
      return pending.handled;
    }
    const batch: PendingBatch = { changes: [...changes], handled: running.then(() => begin(batch)) };
    pending = batch;
    running = batch.handled.catch(() => undefined); // handled by the caller; the next changes must not wait for it
    return batch.handled;
  };

  function begin({ changes }: PendingBatch): Promise<void> {
    pending = undefined;
    return handle(changes);
  }

  async function handle(changes: readonly Change[]): Promise<void> {
    const articleIds = new Set<bigint>();
    const edited = new Set<bigint>();
    if (changes.some(({ topic }) => topic === "promotion")) await promotions.load();
    for (const { topic, subjectId } of changes) {
      if (topic === "article") edited.add(subjectId);
      if (topic === "article" || topic === "article-statistics") articleIds.add(subjectId);
      else if (topic === "follows") forgetFollows(subjectId);
      else if (topic === "dislikes" || topic === "blocks") forgetBlockList(subjectId);
      else if (topic === "import") {
        await channels.load();
        await loadCatalogue(mysql, catalogue);
      }
    }
    for (const ids of inBatches(articleIds)) await refreshArticles(mysql, catalogue, ids);
    for (const ids of inBatches(edited)) await titles.refresh(ids);
  }
}

function* inBatches(articleIds: ReadonlySet<bigint>): Generator<bigint[]> {
  const ids = [...articleIds];
  for (let from = 0; from < ids.length; from += ARTICLES_PER_QUERY) yield ids.slice(from, from + ARTICLES_PER_QUERY);
}
