import { signal } from "@preact/signals";
import { keep, readKept } from "../api/kept.js";
import { Problem } from "../api/send.js";
import type { Trace } from "../api/wire.js";
import { changeCount, traceOf } from "../article/known-articles.js";
import { ask, reader } from "../session/session.js";
import { makeEvent } from "./event-queue.js";

export type Reaction = "liking" | "collect" | "dislike" | "block";

/** Why somebody does not want to see an article. The gateway takes no reason yet; the card says it back. */
export type DislikeReason = "dull" | "seen" | "poor" | "old";

const TOKEN_OF: Readonly<Record<Reaction, keyof Trace>> = {
  liking: "liking",
  collect: "collect",
  dislike: "click",
  block: "click",
};
const UNDO_OF: Readonly<Record<Reaction, string>> = {
  liking: "unliking",
  collect: "uncollect",
  dislike: "undislike",
  block: "unblock",
};
const COUNT_OF = { liking: "like_count", collect: "collect_count", dislike: undefined, block: undefined } as const;

const KEPT = "headline.reactions";
const KEPT_MAX = 500;

/** No answer says what this reader liked before: what was done on this device is remembered here, `liking:42`. */
interface Kept {
  readonly userId: string;
  readonly keys: readonly string[];
}

const mine = signal<ReadonlySet<string>>(keptFor(reader.peek()?.userId));
let keptUserId = reader.peek()?.userId;

reader.subscribe((next) => {
  if (next?.userId === keptUserId) return;
  keptUserId = next?.userId;
  mine.value = keptFor(keptUserId);
});

export function hasReacted(reaction: Reaction, subjectId: string): boolean {
  return mine.value.has(`${reaction}:${subjectId}`);
}

/** Whether there is a token to react with. */
export function canReact(articleId: string): boolean {
  return traceOf(articleId) !== undefined;
}

/** Does it, or takes it back; shown at once, and taken back when the gateway refuses. @throws Problem */
export async function react(reaction: Reaction, articleId: string, options: { undo: boolean; subjectId?: string }) {
  const { undo, subjectId = articleId } = options;
  const token = traceOf(articleId)?.[TOKEN_OF[reaction]];
  if (token === undefined) throw new Problem({ code: "NO_TOKEN", message: "no token" });
  show(reaction, articleId, subjectId, !undo);
  try {
    const event = makeEvent(undo ? UNDO_OF[reaction] : reaction, token);
    await ask("/events", { method: "POST", body: { events: [event] } });
  } catch (error) {
    show(reaction, articleId, subjectId, undo);
    throw error;
  }
}

function show(reaction: Reaction, articleId: string, subjectId: string, done: boolean): void {
  const key = `${reaction}:${subjectId}`;
  if (mine.value.has(key) === done) return;
  const next = new Set(mine.value);
  if (done) next.add(key);
  else next.delete(key);
  mine.value = next;
  const count = COUNT_OF[reaction];
  if (count !== undefined) changeCount(articleId, count, done ? 1 : -1);
  const kept: Kept = { userId: keptUserId ?? "", keys: [...next].slice(-KEPT_MAX) };
  keep(KEPT, kept);
}

function keptFor(userId = ""): ReadonlySet<string> {
  const kept = readKept<Kept>(KEPT);
  return new Set(kept?.userId === userId ? kept.keys : []);
}
