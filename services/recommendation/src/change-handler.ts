import type { Change } from "@headline/change-feed";
import type { Mysql } from "@headline/mysql";
import { loadCatalogue, refreshArticles } from "./catalogue/article-source.js";
import type { Catalogue } from "./catalogue/catalogue.js";
import type { Channels } from "./catalogue/channels.js";

interface Parts {
  readonly mysql: Mysql;
  readonly catalogue: Catalogue;
  readonly channels: Channels;
  readonly forgetFollows: (userId: bigint) => void;
}

/** Takes what changed from MySQL into memory, one after the other: a later read is never overwritten by an earlier one. */
export function createChangeHandler({ mysql, catalogue, channels, forgetFollows }: Parts) {
  let previous: Promise<void> = Promise.resolve();

  return (changes: readonly Change[]): Promise<void> => {
    const handled = previous.then(() => handle(changes));
    previous = handled.catch(() => undefined); // told to whoever called; the next change must not wait for it
    return handled;
  };

  async function handle(changes: readonly Change[]): Promise<void> {
    const articleIds = new Set<bigint>();
    for (const { topic, subjectId } of changes) {
      if (topic === "article" || topic === "article-statistics") articleIds.add(subjectId);
      else if (topic === "follows") forgetFollows(subjectId);
      else if (topic === "import") {
        await channels.load();
        await loadCatalogue(mysql, catalogue);
      }
    }
    await refreshArticles(mysql, catalogue, [...articleIds]);
  }
}
