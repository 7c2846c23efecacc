import { asProblem, type Problem } from "@headline/client";
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { channelName, channels } from "../channels/channels.js";
import { coverOrigins } from "../components/cover-origins.js";
import { ProblemNote } from "../components/problem-note.js";
import { limitCharacters } from "../components/text-input.js";
import { words } from "../language/language.js";
import type { Draft } from "./draft.js";

const TITLE_CHARACTERS_MAX = 100;

interface Props {
  readonly initial: Draft;
  readonly submitLabel: string;
  readonly onSubmit: (draft: Draft) => Promise<void>;
  readonly onType?: (draft: Draft) => void;
  readonly children?: ComponentChildren;
}

export function ArticleForm({ initial, submitLabel, onSubmit, onType, children }: Props) {
  const [draft, setDraft] = useState(initial);
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | undefined>(undefined);
  const text = words.value;
  const change = (next: Draft) => {
    setDraft(next);
    onType?.(next);
  };
  const typed =
    (name: keyof Draft) =>
    ({ currentTarget }: { currentTarget: { value: string } }) =>
      change({ ...draft, [name]: currentTarget.value });

  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    setBusy(true);
    setProblem(undefined);
    try {
      await onSubmit(draft);
    } catch (error) {
      setProblem(asProblem(error));
    } finally {
      setBusy(false);
    }
  };

  return (
    <form class="fields" onSubmit={(event) => void submit(event)}>
      <label>
        {text.title}
        <input
          value={draft.title}
          onInput={(event) => {
            limitCharacters(event.currentTarget, TITLE_CHARACTERS_MAX);
            typed("title")(event);
          }}
          required
          dir="auto"
        />
      </label>
      <label>
        {text.channel}
        <select value={draft.channelId} onChange={typed("channelId")} required>
          <option value="" disabled>
            {text.chooseChannel}
          </option>
          {channels.value
            .filter(({ id }) => id !== "0")
            .map((channel) => (
              <option value={channel.id} key={channel.id}>
                {channelName(channel)}
              </option>
            ))}
        </select>
      </label>
      <label>
        {text.content}
        <textarea value={draft.content} onInput={typed("content")} required rows={10} dir="auto" />
      </label>
      <label>
        {text.covers}
        <textarea
          value={draft.covers}
          onInput={typed("covers")}
          rows={2}
          placeholder="/covers/tea-1.svg"
          spellcheck={false}
        />
        <small>{text.coverHint(coverOrigins.value.join(", "))}</small>
      </label>
      {children}
      {problem && <ProblemNote problem={problem} />}
      <button type="submit" class="primary wide" disabled={isBusy}>
        {submitLabel}
      </button>
    </form>
  );
}
