import { REACTION_TARGETS, type ReactionKind } from "./reaction.js";

/** A reaction that changed something, now or when it came before. */
export interface Changed {
  readonly kind: ReactionKind;
  readonly articleId: bigint;
  readonly authorId: bigint;
  /** Counted already, when it came before; its change may have been lost then. */
  readonly before: boolean;
}

type Deltas = [id: bigint, by: Record<string, number>][];

/** Changes of the counts of articles and of their authors, in ascending order of ids. */
export function countedDeltas(changed: readonly Changed[]): { readonly articles: Deltas; readonly authors: Deltas } {
  const articles = new Map<bigint, Record<string, number>>();
  const authors = new Map<bigint, Record<string, number>>();
  for (const { kind, articleId, authorId, before } of changed) {
    const { adds, counter, authorCounter } = REACTION_TARGETS[kind];
    const delta = before ? 0 : adds ? 1 : -1;
    add(articles, articleId, counter, delta);
    add(authors, authorId, authorCounter, delta);
  }
  return { articles: ascending(articles), authors: ascending(authors) };
}

function add(
  deltas: Map<bigint, Record<string, number>>,
  id: bigint,
  counter: string | undefined,
  delta: number,
): void {
  if (counter === undefined) return;
  const by = deltas.get(id) ?? {};
  by[counter] = (by[counter] ?? 0) + delta;
  deltas.set(id, by);
}

function ascending(deltas: ReadonlyMap<bigint, Record<string, number>>): Deltas {
  return [...deltas].sort(([a], [b]) => (a < b ? -1 : 1));
}
