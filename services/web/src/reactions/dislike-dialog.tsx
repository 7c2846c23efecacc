import type { ArticleSummary, DislikeWhy } from "../api/wire.js";
import { Dialog } from "../components/dialog.js";
import { words } from "../language/language.js";
import { reader } from "../session/session.js";
import { block, dislike } from "./react-with-toast.js";

const WHYS: readonly DislikeWhy[] = ["dull", "seen", "poor", "old"];

/** Why not? Any reason hides the article, and says what of it there should be less of; the last choice is about its author. */
export function DislikeDialog({ article, onClose }: { article: ArticleSummary; onClose: () => void }) {
  const text = words.value;
  const choose = (doing: Promise<void>) => {
    onClose();
    void doing;
  };
  return (
    <Dialog title={text.dislikeWhy} kind="sheet" onClose={onClose}>
      <ul class="choices">
        {WHYS.map((why) => (
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
