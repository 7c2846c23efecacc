import type { Conversation } from "@headline/client";
import { useEffect, useLayoutEffect } from "preact/hooks";
import { SignInFirst } from "../account/sign-in-first.js";
import { ListFoot } from "../components/list-foot.js";
import { PageHead } from "../components/page-head.js";
import { TimeAgo } from "../components/time-ago.js";
import { words } from "../language/language.js";
import { pollMeanwhile } from "../live/live.js";
import { hrefOf } from "../routing/routes.js";
import { restoreScroll } from "../routing/scroll-positions.js";
import { reader } from "../session/session.js";
import { Avatar } from "../users/avatar.js";
import {
  conversations,
  conversationsProblem,
  loadConversations,
  loadOlderConversations,
  olderConversations,
} from "./conversations.js";

const EVERY_MS = 8_000;

export function MessagesPage() {
  useLayoutEffect(() => restoreScroll(0), []);
  return (
    <section class="plain-page">
      <PageHead title={words.value.messages} />
      {reader.value === undefined ? <SignInFirst why={words.value.signInToWrite} /> : <Conversations />}
    </section>
  );
}

function Conversations() {
  useEffect(() => {
    void loadConversations();
    return pollMeanwhile(EVERY_MS, () => void loadConversations());
  }, []);
  const known = conversations.value;
  const next = olderConversations.value;
  const list = {
    problem: known === undefined || next !== null ? conversationsProblem.value : undefined,
    isFirst: known === undefined,
    isEmpty: known?.length === 0,
    isBusy: false,
    next,
    more: () => void (known === undefined ? loadConversations() : loadOlderConversations()),
  };
  return (
    <>
      <ul class="rows">
        {known?.map((conversation) => (
          <ConversationRow key={conversation.user_id} conversation={conversation} />
        ))}
      </ul>
      <ListFoot list={list} whenEmpty={words.value.noConversations} />
    </>
  );
}

function ConversationRow({ conversation }: { conversation: Conversation }) {
  const { user_id, user_name, unread, last_message: last } = conversation;
  const isMine = last?.sender_id === reader.value?.userId;
  return (
    <li class="row">
      <a class="comment conversation-row" href={hrefOf.conversation(user_id)}>
        <Avatar name={user_name} />
        <span class="lines">
          <b dir="auto">{user_name}</b>
          {last && (
            <span class="about" dir="auto">
              {isMine ? words.value.byMe(last.text) : last.text}
            </span>
          )}
        </span>
        <span class="beside">
          {last && (
            <small>
              <TimeAgo date={last.created_at} />
            </small>
          )}
          {unread > 0 && <span class="count">{unread > 99 ? "99+" : unread}</span>}
        </span>
      </a>
    </li>
  );
}
