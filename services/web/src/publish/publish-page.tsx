import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { SignInFirst } from "../account/sign-in-first.js";
import { PageHead } from "../components/page-head.js";
import { toast } from "../components/toast.js";
import { dateTime } from "../language/format.js";
import { words } from "../language/language.js";
import { go, hrefOf } from "../routing/routes.js";
import { restoreScroll } from "../routing/scroll-positions.js";
import { RequestKey } from "../session/request-key.js";
import { client, reader, serverNow } from "../session/session.js";
import { ArticleForm } from "./article-form.js";
import { coversOf, type Draft, EMPTY_DRAFT, localTime, readDraft, storeDraft } from "./draft.js";
import { PublishTime, type When } from "./publish-time.js";

const IN_AN_HOUR_MS = 60 * 60 * 1_000;

export function PublishPage() {
  const who = reader.value?.userId;
  useLayoutEffect(() => restoreScroll(0), []);
  return (
    <section class="plain-page">
      <PageHead title={words.value.publishTitle} />
      {who === undefined ? <SignInFirst why={words.value.signInToPublish} /> : <PublishForm userId={who} key={who} />}
    </section>
  );
}

function PublishForm({ userId }: { userId: string }) {
  const [when, setWhen] = useState<When>("now");
  const [time, setTime] = useState(() => localTime(serverNow() + IN_AN_HOUR_MS));
  const [initial] = useState(() => readDraft(userId) ?? EMPTY_DRAFT);
  const requestKey = useRef(new RequestKey());
  const text = words.value;

  const publish = async (draft: Draft) => {
    const at = when === "later" ? { publish_at: new Date(time).getTime() } : {};
    const { title, content, channelId } = draft;
    const body = { title, content, channel_id: channelId, cover: coversOf(draft), ...at };
    const { article_id } = await client.call("publish", { body }, requestKey.current.of(body));
    storeDraft(userId, undefined);
    toast(when === "later" ? text.scheduled(dateTime(time)) : text.published);
    go(when === "later" ? hrefOf.me : hrefOf.article(article_id));
  };

  return (
    <ArticleForm
      initial={initial}
      submitLabel={when === "later" ? text.publishLater : text.publish}
      onType={(draft) => storeDraft(userId, draft)}
      onSubmit={publish}
    >
      {initial !== EMPTY_DRAFT && <p class="hint">{text.draftRestored}</p>}
      <PublishTime choices={["now", "later"]} when={when} time={time} onWhen={setWhen} onTime={setTime} />
    </ArticleForm>
  );
}
