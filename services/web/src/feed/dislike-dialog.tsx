import type { ArticleSummary } from "../api/wire.js";
import { Dialog } from "../components/dialog.js";
import { block, dislike } from "../events/react-aloud.js";
import type { DislikeReason } from "../events/reactions.js";
import { words } from "../language/language.js";
import { reader } from "../session/session.js";

const REASONS: readonly DislikeReason[] = ["dull", "seen", "poor", "old"];

/** Why not? Any reason hides the article and dampens its like; the last choice is about its author. */
export function DislikeDialog({ article, onClose }: { article: ArticleSummary; onClose: () => void }) {
  const text = words.value;
  const choose = (doing: Promise<void>) => {
    onClose();
    void doing;
  };
  return (
    <Dialog title={text.dislikeWhy} kind="sheet" onClose={onClose}>
      <ul class="choices">
        {REASONS.map((reason) => (
          <li key={reason}>
            <button type="button" onClick={() => choose(dislike(article.article_id))}>
              {text.dislikeReasons[reason]}
            </button>
          </li>
        ))}
        {article.aut_id !== reader.value?.userId && (
          <li>
            <button type="button" onClick={() => choose(block(article))}>
              {text.block(article.aut_name)}
            </button>
          </li>
        )}
      </ul>
    </Dialog>
  );
}
