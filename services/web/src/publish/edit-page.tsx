import type { ArticleDetail, Edit } from "@headline/client";
import { useLayoutEffect, useState } from "preact/hooks";
import { SignInFirst } from "../account/sign-in-first.js";
import { PageHead } from "../components/page-head.js";
import { ProblemNote } from "../components/problem-note.js";
import { TextSkeleton } from "../components/skeleton.js";
import { toast } from "../components/toast.js";
import { useQuery } from "../components/use-query.js";
import { words } from "../language/language.js";
import { go, hrefOf } from "../routing/routes.js";
import { restoreScroll } from "../routing/scroll-positions.js";
import { client, reader, serverNow } from "../session/session.js";
import { ArticleForm } from "./article-form.js";
import { coversOf, type Draft, localTime } from "./draft.js";
import { PublishTime, type When } from "./publish-time.js";

const IN_AN_HOUR_MS = 60 * 60 * 1_000;
/** Delay of "now": the time has to be in the future when the gateway reads it. */
const AT_ONCE_MS = 2_000;

export function EditPage({ id }: { id: string }) {
  const who = reader.value?.userId ?? "guest";
  const { value, problem, reload } = useQuery(`${id} ${who}`, () => client.call("article", { params: { id } }));
  useLayoutEffect(() => restoreScroll(0), []);
  return (
    <section class="plain-page">
      <PageHead title={words.value.editTitle} />
      {reader.value === undefined && <SignInFirst why={words.value.signInToSee} />}
      {reader.value !== undefined && problem && <ProblemNote problem={problem} retry={reload} />}
      {reader.value !== undefined && !problem && value === undefined && <TextSkeleton />}
      {reader.value !== undefined && value !== undefined && <EditForm id={id} article={value} key={`${id} ${who}`} />}
    </section>
  );
}

function EditForm({ id, article }: { id: string; article: ArticleDetail }) {
  const initial = draftOf(article);
  const waits = article.status !== "published";
  const [when, setWhen] = useState<When>(article.status === "held" ? "held" : "later");
  const [time, setTime] = useState(() =>
    localTime(Date.parse(article.publish_at ?? "") || serverNow() + IN_AN_HOUR_MS),
  );
  const text = words.value;

  const save = async (draft: Draft) => {
    const timing = waits ? { publish_at: timeOf(when, time) } : {};
    const body = { ...changesOf(initial, draft), ...timing };
    if (Object.keys(body).length > 0) await client.call("edit", { params: { id }, body });
    toast(text.saved);
    go(waits ? hrefOf.me : hrefOf.article(id));
  };

  return (
    <ArticleForm initial={initial} submitLabel={text.save} onSubmit={save}>
      {waits && (
        <PublishTime choices={["now", "later", "held"]} when={when} time={time} onWhen={setWhen} onTime={setTime} />
      )}
    </ArticleForm>
  );
}

function draftOf({ title, channel_id: channelId, content, cover }: ArticleDetail): Draft {
  return { title, channelId, content, covers: cover.join("\n") };
}

function changesOf(before: Draft, after: Draft): Edit {
  return {
    ...(after.title !== before.title && { title: after.title }),
    ...(after.channelId !== before.channelId && { channel_id: after.channelId }),
    ...(after.content !== before.content && after.content !== "" && { content: after.content }),
    ...(after.covers !== before.covers && { cover: coversOf(after) }),
  };
}

function timeOf(when: When, time: string): number | null {
  if (when === "held") return null;
  return when === "now" ? Math.round(serverNow()) + AT_ONCE_MS : new Date(time).getTime();
}
