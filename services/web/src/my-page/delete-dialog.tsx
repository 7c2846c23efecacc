import { asProblem, type OwnArticle, type Problem } from "@headline/client";
import { useState } from "preact/hooks";
import { Dialog } from "../components/dialog.js";
import { ProblemNote, problemText } from "../components/problem-note.js";
import { toast } from "../components/toast.js";
import { words } from "../language/language.js";
import { client } from "../session/session.js";

interface Props {
  readonly article: OwnArticle;
  readonly onClose: () => void;
  readonly onDeleted: () => void;
}

/** Deletes an article; a promotion that is paid only once its author has read that nothing is paid back. */
export function DeleteDialog({ article, onClose, onDeleted }: Props) {
  const [problem, setProblem] = useState<Problem | undefined>(undefined);
  const [isBusy, setBusy] = useState(false);
  const text = words.value;
  const isPromoted = problem?.code === "PROMOTED";

  const remove = async () => {
    setBusy(true);
    try {
      const query = isPromoted ? { give_up_promotion: 1 } : {};
      await client.call("remove", { params: { id: article.article_id }, query });
      onDeleted();
      onClose();
      toast(text.deleted);
    } catch (error) {
      setProblem(asProblem(error));
      setBusy(false);
    }
  };

  return (
    <Dialog title={text.deleteArticle} onClose={onClose}>
      <p dir="auto">{text.deleteSure(article.title)}</p>
      {article.status === "published" && <p class="hint">{text.deleteOrders}</p>}
      {problem && !isPromoted && <ProblemNote problem={problem} />}
      {problem && isPromoted && (
        <p class="problem" role="alert">
          {problemText(problem)}
        </p>
      )}
      <div class="actions">
        <button type="button" class="outlined" onClick={onClose}>
          {text.cancel}
        </button>
        <button type="button" class="primary" disabled={isBusy} onClick={() => void remove()}>
          {isPromoted ? text.deletePromoted : text.delete}
        </button>
      </div>
    </Dialog>
  );
}
