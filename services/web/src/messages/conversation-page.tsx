import { useSignalEffect } from "@preact/signals";
import { useEffect, useLayoutEffect } from "preact/hooks";
import { SignInFirst } from "../account/sign-in-first.js";
import { BackLink } from "../components/back-link.js";
import { ProblemNote } from "../components/problem-note.js";
import { TextSkeleton } from "../components/skeleton.js";
import { useQuery } from "../components/use-query.js";
import { words } from "../language/language.js";
import { onLive, pollMeanwhile } from "../live/live.js";
import { hrefOf } from "../routing/routes.js";
import { restoreScroll } from "../routing/scroll-positions.js";
import { client, reader } from "../session/session.js";
import { Avatar } from "../users/avatar.js";
import { Composer } from "./composer.js";
import { conversations } from "./conversations.js";
import { MessageLog } from "./message-log.js";
import { threadWith } from "./threads.js";

const EVERY_MS = 5_000;

/** Page of a conversation between two users. */
export function ConversationPage({ id }: { id: string }) {
  useLayoutEffect(() => restoreScroll(0), [id]);
  const { value: user, problem, reload } = useQuery(id, () => client.call("user", { params: { id } }));
  const known = conversations.value?.find(({ user_id }) => user_id === id);
  const name = user?.name ?? known?.user_name ?? "";
  useEffect(() => {
    document.title = `${name} - ${words.value.brand}`;
  }, [name]);
  return (
    <section class="talk">
      <header class="page-head">
        <BackLink kind="wide-only" />
        <a class="who" href={hrefOf.user(id)}>
          <Avatar name={name} />
          <h1 dir="auto">{name}</h1>
        </a>
      </header>
      {problem && name === "" && <ProblemNote problem={problem} retry={reload} />}
      {reader.value === undefined ? <SignInFirst why={words.value.signInToWrite} /> : <Messages peerId={id} />}
    </section>
  );
}

function Messages({ peerId }: { peerId: string }) {
  const thread = threadWith(peerId);
  useEffect(() => {
    const load = () => void thread.load();
    load();
    const forget = [onLive("caughtUp", load), pollMeanwhile(EVERY_MS, load)];
    return () => {
      for (const stop of forget) stop();
    };
  }, [thread]);
  // Messages count as read while they are visible.
  useSignalEffect(() => {
    if (thread.bubbles.value.length > 0 && document.visibilityState === "visible") void thread.markRead();
  });
  useEffect(() => {
    const look = () => document.visibilityState === "visible" && void thread.markRead();
    document.addEventListener("visibilitychange", look);
    return () => document.removeEventListener("visibilitychange", look);
  }, [thread]);

  const isFirst = thread.older.value === undefined && thread.bubbles.value.length === 0;
  const problem = thread.problem.value;
  return (
    <>
      {isFirst && (problem ? <ProblemNote problem={problem} retry={() => void thread.load()} /> : <TextSkeleton />)}
      {!isFirst && <MessageLog thread={thread} />}
      <Composer onSend={(text) => thread.send(text)} />
    </>
  );
}
