import { asProblem, type Problem } from "@headline/client";
import { useState } from "preact/hooks";
import { Dialog } from "../components/dialog.js";
import { ProblemNote } from "../components/problem-note.js";
import { words } from "../language/language.js";
import { client } from "../session/session.js";

interface Props {
  readonly onClose: () => void;
  readonly onCleared: () => void;
}

/** Clears the reading history, once that is confirmed. */
export function ClearDialog({ onClose, onCleared }: Props) {
  const [problem, setProblem] = useState<Problem | undefined>(undefined);
  const [isBusy, setBusy] = useState(false);
  const text = words.value;
  const clear = async () => {
    setBusy(true);
    try {
      await client.call("clearRead");
      onClose();
      onCleared();
    } catch (error) {
      setProblem(asProblem(error));
      setBusy(false);
    }
  };
  return (
    <Dialog title={text.clear} onClose={onClose}>
      <p>{text.clearSure}</p>
      {problem && <ProblemNote problem={problem} />}
      <div class="actions">
        <button type="button" class="outlined" onClick={onClose}>
          {text.cancel}
        </button>
        <button type="button" class="primary" disabled={isBusy} onClick={() => void clear()}>
          {text.clear}
        </button>
      </div>
    </Dialog>
  );
}
