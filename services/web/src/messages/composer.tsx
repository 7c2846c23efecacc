import { useState } from "preact/hooks";
import { Icon } from "../components/icon.js";
import { words } from "../language/language.js";

const CHARACTERS_MAX = 1_000;

/** Where a message is written; Enter sends it, but not the Enter that chooses a word of an input method. */
export function Composer({ onSend }: { onSend: (text: string) => void }) {
  const [text, setText] = useState("");
  const line = text.replace(/\s+/g, " ").trim(); // a message is one line
  const submit = (event: Event) => {
    event.preventDefault();
    if (line === "") return;
    onSend(line);
    setText("");
  };
  const sendOnEnter = (event: KeyboardEvent) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) submit(event);
  };
  return (
    <form class="composer" onSubmit={submit}>
      <textarea
        aria-label={words.value.writeMessage}
        placeholder={words.value.writeMessage}
        rows={1}
        maxLength={CHARACTERS_MAX}
        enterkeyhint="send"
        value={text}
        onInput={({ currentTarget }) => setText(currentTarget.value)}
        onKeyDown={sendOnEnter}
      />
      <button type="submit" class="round send" aria-label={words.value.send} disabled={line === ""}>
        <Icon name="up" />
      </button>
    </form>
  );
}
