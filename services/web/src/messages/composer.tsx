import { useState } from "preact/hooks";
import { Icon } from "../components/icon.js";
import { isComposing, isLongerThan, isVisible } from "../components/text-input.js";
import { words } from "../language/language.js";

const CHARACTERS_MAX = 1_000;

/** Form to write a message: Enter sends it, and Shift+Enter breaks the line. */
export function Composer({ onSend }: { onSend: (text: string) => void }) {
  const [text, setText] = useState("");
  const written = text.trim();
  const isLong = isLongerThan(CHARACTERS_MAX, written);
  const submit = (event: Event) => {
    event.preventDefault();
    if (!isVisible(written) || isLong) return;
    onSend(written);
    setText("");
  };
  const sendOnEnter = (event: KeyboardEvent) => {
    if (event.key === "Enter" && !event.shiftKey && !isComposing(event)) submit(event);
  };
  return (
    <form class="composer" onSubmit={submit}>
      <textarea
        aria-label={words.value.writeMessage}
        placeholder={words.value.writeMessage}
        rows={1}
        dir="auto"
        aria-invalid={isLong}
        enterkeyhint="send"
        value={text}
        onInput={({ currentTarget }) => setText(currentTarget.value)}
        onKeyDown={sendOnEnter}
      />
      <button type="submit" class="round send" aria-label={words.value.send} disabled={!isVisible(written) || isLong}>
        <Icon name="up" />
      </button>
      {isLong && (
        <p class="too-long" role="alert">
          {words.value.tooLong(CHARACTERS_MAX)}
        </p>
      )}
    </form>
  );
}
