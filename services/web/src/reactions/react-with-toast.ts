import { asProblem, Problem } from "../api/send.js";
import type { ArticleSummary, DislikeWhy } from "../api/wire.js";
import { problemText } from "../components/problem-note.js";
import { hideToast, toast } from "../components/toast.js";
import { words } from "../language/language.js";
import { askSignIn } from "../session/ask-sign-in.js";
import { reader } from "../session/session.js";
import { hasReacted, react } from "./reactions.js";

/** Likes or collects, or undoes it; a guest is asked to sign in first, and a refusal is shown. */
export async function toggleReaction(reaction: "liking" | "collect", articleId: string): Promise<void> {
  if (reader.peek() === undefined) return askSignIn(words.peek().signInToReact);
  await saying(react(reaction, articleId, { undo: hasReacted(reaction, articleId) }));
}

export function dislike(articleId: string, why: DislikeWhy): Promise<void> {
  return saying(react("dislike", articleId, { undo: false, why }), () => {
    toast(
      words.peek().disliked,
      undoing(() => undoDislike(articleId)),
    );
  });
}

export function undoDislike(articleId: string): Promise<void> {
  return saying(react("dislike", articleId, { undo: true }));
}

export function block({ article_id, aut_id, aut_name }: ArticleSummary): Promise<void> {
  return saying(react("block", article_id, { undo: false, subjectId: aut_id }), () => {
    toast(
      words.peek().blocked(aut_name),
      undoing(() => undoBlock(article_id, aut_id)),
    );
  });
}

export function undoBlock(articleId: string, authorId: string): Promise<void> {
  return saying(react("block", articleId, { undo: true, subjectId: authorId }));
}

function undoing(undo: () => Promise<void>) {
  return { label: words.peek().undo, run: () => void undo() };
}

async function saying(doing: Promise<void>, done?: () => void): Promise<void> {
  hideToast(); // its undo would be of what was done before
  try {
    await doing;
    done?.();
  } catch (error) {
    const hasNoToken = error instanceof Problem && error.code === "NO_TOKEN";
    toast(hasNoToken ? words.peek().noToken : problemText(asProblem(error)));
  }
}
