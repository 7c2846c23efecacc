import { useEffect, useRef } from "preact/hooks";
import { ProblemNote, problemText } from "../components/problem-note.js";
import { dayOf, timeOfDay } from "../language/format.js";
import { words } from "../language/language.js";
import type { Bubble, Thread } from "./thread.js";

/** Messages of a conversation, scrolled to the newest at the foot; older ones load on scrolling up. */
export function MessageLog({ thread }: { thread: Thread }) {
  const bubbles = thread.bubbles.value;
  const lastMine = bubbles.findLast(({ isMine, messageId }) => isMine && messageId !== undefined);
  return (
    <section
      class="log"
      role="log"
      aria-label={words.value.messages}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls by keyboard, too
      tabIndex={0}
    >
      <ol>
        <Older thread={thread} />
        {thread.older.value === null && bubbles.length === 0 && <li class="empty">{words.value.noMessages}</li>}
        {bubbles.flatMap((bubble, index) => {
          const day = dayOf(bubble.createdAt);
          const row = <BubbleRow key={bubble.clientId} bubble={bubble} thread={thread} isLast={bubble === lastMine} />;
          if (index > 0 && dayOf((bubbles[index - 1] as Bubble).createdAt) === day) return [row];
          return [
            <li class="day" key={`before ${bubble.clientId}`}>
              {day}
            </li>,
            row,
          ];
        })}
      </ol>
    </section>
  );
}

/** Button for older messages, pressed by itself as soon as it is visible. */
function Older({ thread }: { thread: Thread }) {
  const button = useRef<HTMLButtonElement>(null);
  const older = thread.older.value;
  const problem = thread.problem.value;
  useEffect(() => {
    if (!older || problem !== undefined || button.current === null) return;
    const observer = new IntersectionObserver((entries) => {
      if (entries.some(({ isIntersecting }) => isIntersecting)) void thread.loadOlder();
    });
    observer.observe(button.current);
    return () => observer.disconnect();
  }, [thread, older, problem]);
  if (!older) return null;
  return (
    <li class="older">
      {problem ? (
        <ProblemNote problem={problem} retry={() => void thread.loadOlder()} />
      ) : (
        <button ref={button} type="button" class="link" onClick={() => void thread.loadOlder()}>
          {words.value.earlier}
        </button>
      )}
    </li>
  );
}

interface RowProps {
  readonly bubble: Bubble;
  readonly thread: Thread;
  /** Last sent message of this reader: its state stands for those before as well. */
  readonly isLast: boolean;
}

function BubbleRow({ bubble, thread, isLast }: RowProps) {
  const state = thread.stateOf(bubble);
  const text = words.value;
  const showsState = bubble.isMine && (isLast || bubble.messageId === undefined);
  return (
    <li class={bubble.isMine ? `bubble mine ${state}` : "bubble"}>
      <p class="written" dir="auto">
        {bubble.text}
      </p>
      <small>
        <time dateTime={bubble.createdAt}>{timeOfDay(bubble.createdAt)}</time>
        {showsState && <span class="delivery"> · {text.deliveryStates[state]}</span>}
      </small>
      {bubble.problem && (
        <div class="unsent" role="alert">
          <p>{problemText(bubble.problem)}</p>
          <button type="button" class="link" onClick={() => thread.retry(bubble)}>
            {text.retry}
          </button>
          <button type="button" class="link" onClick={() => thread.discard(bubble)}>
            {text.delete}
          </button>
        </div>
      )}
    </li>
  );
}
