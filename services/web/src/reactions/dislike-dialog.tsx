import type { Article } from "@headline/client";
import { Dialog } from "../components/dialog.js";
import { words } from "../language/language.js";
import { reader } from "../session/session.js";
import { block, dislike } from "./react-with-toast.js";
import type { DislikeReason } from "./reactions.js";

const REASONS: readonly DislikeReason[] = ["dull", "seen", "poor", "old"];

/** Choice of a reason to hide an article, and what there should be less of; the last one blocks its author. */
export function DislikeDialog({ article, onClose }: { article: Article; onClose: () => void }) {
  const text = words.value;
  const choose = (reacting: Promise<void>) => {
    onClose();
    void reacting;
  };
  return (
    <Dialog title={text.dislikeWhy} kind="sheet" onClose={onClose}>
      <ul class="choices">
        {REASONS.map((why) => (
          <li key={why}>
            <button type="button" onClick={() => choose(dislike(article.article_id, why))}>
              {text.dislikeReasons[why]}
            </button>
          </li>
        ))}
        {article.aut_id !== reader.value?.userId && (
          <li>
            <button type="button" dir="auto" onClick={() => choose(block(article))}>
              {text.block(article.aut_name)}
            </button>
          </li>
        )}
      </ul>
    </Dialog>
  );
}
