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

interface Gathering {
  readonly changes: Change[];
  readonly handled: Promise<void>;
}

/** Articles read by one statement. */
const ARTICLES_AT_ONCE = 1_000;

/**
 * Reads changed rows from MySQL into memory, one read after the other: a later one is never overwritten by an earlier one.
 * Changes received during a read are gathered for the next.
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
  let gathering: Gathering | undefined;

  return (changes: readonly Change[]): Promise<void> => {
    if (gathering !== undefined) {
      gathering.changes.push(...changes);
      return gathering.handled;
    }
    const mine: Gathering = { changes: [...changes], handled: running.then(() => begin(mine)) };
    gathering = mine;
    running = mine.handled.catch(() => undefined); // handled by the caller; the next changes must not wait for it
    return mine.handled;
  };

  function begin({ changes }: Gathering): Promise<void> {
    gathering = undefined;
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
    for (const ids of inPieces(articleIds)) await refreshArticles(mysql, catalogue, ids);
    for (const ids of inPieces(edited)) await titles.refresh(ids);
  }
}

function* inPieces(articleIds: ReadonlySet<bigint>): Generator<bigint[]> {
  const ids = [...articleIds];
  for (let from = 0; from < ids.length; from += ARTICLES_AT_ONCE) yield ids.slice(from, from + ARTICLES_AT_ONCE);
}
