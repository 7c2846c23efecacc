import type { Problem } from "@headline/client";
import { words } from "../language/language.js";
import { ProblemNote } from "./problem-note.js";
import { TextSkeleton } from "./skeleton.js";

interface Props {
  readonly list: {
    readonly problem: Problem | undefined;
    readonly isFirst: boolean;
    readonly isEmpty: boolean;
    readonly isBusy: boolean;
    readonly next: string | null | undefined;
    readonly more: () => void;
  };
  readonly whenEmpty: string;
}

/** Foot of a list: more, empty, or its error. */
export function ListFoot({ list, whenEmpty }: Props) {
  if (list.problem !== undefined) return <ProblemNote problem={list.problem} retry={list.more} />;
  if (list.isFirst) return <TextSkeleton />;
  if (list.isEmpty) return <p class="empty">{whenEmpty}</p>;
  if (!list.next) return null;
  return (
    <button type="button" class="outlined wide" disabled={list.isBusy} onClick={list.more}>
      {words.value.more}
    </button>
  );
}
