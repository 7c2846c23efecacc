import { type Article, asProblem, Problem } from "@headline/client";
import { problemText } from "../components/problem-note.js";
import { hideToast, toast } from "../components/toast.js";
import { words } from "../language/language.js";
import { reader } from "../session/session.js";
import { requestSignIn } from "../session/sign-in-request.js";
import { type DislikeReason, hasReacted, react } from "./reactions.js";

/** Likes or collects, or undoes it; a guest is asked to sign in first, and a refusal is shown. */
export async function toggleReaction(reaction: "liking" | "collect", articleId: string): Promise<void> {
  if (reader.peek() === undefined) return requestSignIn(words.peek().signInToReact);
  await withToast(react(reaction, articleId, { undo: hasReacted(reaction, articleId) }));
}

export function dislike(articleId: string, why: DislikeReason): Promise<void> {
  return withToast(react("dislike", articleId, { undo: false, why }), () => {
    toast(
      words.peek().disliked,
      undoAction(() => undoDislike(articleId)),
    );
  });
}

export function undoDislike(articleId: string): Promise<void> {
  return withToast(react("dislike", articleId, { undo: true }));
}

export function block({ article_id, aut_id, aut_name }: Article): Promise<void> {
  return withToast(react("block", article_id, { undo: false, subjectId: aut_id }), () => {
    toast(
      words.peek().blocked(aut_name),
      undoAction(() => undoBlock(article_id, aut_id)),
    );
  });
}

export function undoBlock(articleId: string, authorId: string): Promise<void> {
  return withToast(react("block", articleId, { undo: true, subjectId: authorId }));
}

function undoAction(undo: () => Promise<void>) {
  return { label: words.peek().undo, run: () => void undo() };
}

/** Shows a toast when a reaction fails, and calls `onDone` when it is made. */
async function withToast(reacting: Promise<void>, onDone?: () => void): Promise<void> {
  hideToast(); // its undo would be of what was done before
  try {
    await reacting;
    onDone?.();
  } catch (error) {
    const hasNoToken = error instanceof Problem && error.code === "NO_TOKEN";
    toast(hasNoToken ? words.peek().noToken : problemText(asProblem(error)));
  }
}
