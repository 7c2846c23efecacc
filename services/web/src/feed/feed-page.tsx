import { useSignalEffect } from "@preact/signals";
import { useCallback, useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { scrollToPlace } from "../app/places.js";
import { knownArticle } from "../article/known-articles.js";
import { Icon } from "../components/icon.js";
import { ProblemNote } from "../components/problem-note.js";
import { CardSkeletons } from "../components/skeleton.js";
import { toast } from "../components/toast.js";
import { watchUpdates } from "../events/live.js";
import { hasReacted } from "../events/reactions.js";
import { count } from "../language/format.js";
import { words } from "../language/language.js";
import type { Feed } from "./feed.js";
import { FeedEntry } from "./feed-item.js";
import { feedOf } from "./feeds.js";
import { pulledEnough, pulledPx, usePullToRefresh } from "./pull-to-refresh.js";
import { onRefreshAsked } from "./refresh-asked.js";

/** How far ahead of the reader older pages are asked for. */
const AHEAD = "900px";

export function FeedPage({ channelId }: { channelId: string }) {
  const feed = feedOf(channelId);
  return <FeedView feed={feed} key={channelId} />;
}

function FeedView({ feed }: { feed: Feed }) {
  const refresh = useCallback(() => void refreshAloud(feed), [feed]);
  useLayoutEffect(() => {
    scrollToPlace(feed.scrollY);
    return () => {
      feed.scrollY = scrollY;
    };
  }, [feed]);
  useEffect(() => {
    feed.start();
    return watchUpdates({
      channelId: feed.channelId,
      since: () => feed.since,
      isDegraded: () => feed.isDegraded.peek(),
      onUpdates: (updates) => feed.noteUpdates(updates),
    });
  }, [feed]);
  useEffect(() => onRefreshAsked(refresh), [refresh]);
  usePullToRefresh(refresh);
  useEffect(() => {
    const retry = () => feed.retry();
    addEventListener("online", retry);
    return () => removeEventListener("online", retry);
  }, [feed]);
  // Back at the top nobody loses their place: the page recovers by itself.
  useSignalEffect(() => {
    if (feed.hasRecovered.value && scrollY < 200) refresh();
  });

  return (
    <section class="feed-page">
      <PullMark isRefreshing={feed.doing.value === "refreshing"} />
      <NewsPill feed={feed} refresh={refresh} />
      {feed.isDegraded.value && (
        <p class="notice" role="status">
          {words.value.degraded}
        </p>
      )}
      <Entries feed={feed} refresh={refresh} />
      <Foot feed={feed} />
    </section>
  );
}

function Entries({ feed, refresh }: { feed: Feed; refresh: () => void }) {
  const items = feed.items.value;
  const seenUpTo = feed.seenUpTo.value;
  const blocked = new Set<string>();
  return (
    <div
      role="feed"
      class="entries"
      aria-label={words.value.feed}
      aria-busy={feed.doing.value !== "nothing"}
      onKeyDown={moveByPage}
    >
      {items.flatMap((item, index) => {
        const author = knownArticle(item.articleId)?.aut_id ?? "";
        const isGone = blocked.has(author);
        if (hasReacted("block", author)) blocked.add(author); // the first of the author stays, to say so and to undo it
        const entry = <FeedEntry key={item.articleId} item={item} position={index + 1} isGone={isGone} />;
        if (item.articleId !== seenUpTo) return [entry];
        const mark = (
          <button type="button" class="seen-up-to" key="seen-up-to" onClick={refresh}>
            {words.value.seenUpTo}
          </button>
        );
        return [mark, entry];
      })}
    </div>
  );
}

function Foot({ feed }: { feed: Feed }) {
  const foot = useRef<HTMLDivElement>(null);
  const doing = feed.doing.value;
  const failure = feed.failure.value;
  const ending = feed.ending.value;
  const goesOn = doing === "nothing" && failure === undefined && ending === "none" && feed.items.value.length > 0;
  useEffect(() => {
    if (!goesOn || foot.current === null) return;
    const observer = new IntersectionObserver(
      (entries) => {
        if (entries.some(({ isIntersecting }) => isIntersecting)) void feed.loadMore();
      },
      { rootMargin: `0px 0px ${AHEAD}` },
    );
    observer.observe(foot.current);
    return () => observer.disconnect();
  }, [feed, goesOn]);

  if (failure !== undefined) {
    return (
      <div class="foot">
        <ProblemNote problem={failure.problem} retry={failure.retry} />
      </div>
    );
  }
  if (feed.items.value.length === 0 && ending === "none") return <CardSkeletons count={7} />;
  if (ending === "none") {
    return (
      <div class="foot" ref={foot}>
        {words.value.loading}
      </div>
    );
  }
  const isEmpty = feed.items.value.length === 0;
  return (
    <div class="foot">
      <p>{ending === "degraded" ? words.value.degraded : isEmpty ? words.value.emptyChannel : words.value.exhausted}</p>
      <button type="button" class="outlined" disabled={doing !== "nothing"} onClick={() => void feed.loadMore()}>
        {words.value.retry}
      </button>
    </div>
  );
}

/** Something new waits, or the recommender is back: the reader decides when to look. */
function NewsPill({ feed, refresh }: { feed: Feed; refresh: () => void }) {
  const waiting = feed.waiting.value;
  const label = feed.hasRecovered.value
    ? words.value.recovered
    : words.value.waiting(waiting < 100 ? count(waiting) : "99+");
  const isShown = (waiting > 0 || feed.hasRecovered.value) && feed.doing.value === "nothing";
  return (
    <div class="pill-slot" role="status">
      {isShown && (
        <button type="button" class="pill" onClick={refresh}>
          <Icon name="up" /> {label}
        </button>
      )}
    </div>
  );
}

function PullMark({ isRefreshing }: { isRefreshing: boolean }) {
  const mark = useRef<HTMLDivElement>(null);
  const px = pulledPx.value;
  useLayoutEffect(() => {
    // Through the object model: the Content-Security-Policy knows no style attributes.
    mark.current?.style.setProperty("--pulled", `${px}px`);
  }, [px]);
  return (
    <div ref={mark} class={`pull ${isRefreshing ? "busy" : ""} ${px > 0 ? "pulling" : ""}`} aria-hidden="true">
      <Icon name="refresh" />
      <span>{pulledEnough(px) ? words.value.release : isRefreshing ? words.value.loading : words.value.pull}</span>
    </div>
  );
}

async function refreshAloud(feed: Feed): Promise<void> {
  scrollTo({ top: 0 });
  const added = await feed.refresh();
  if (added === undefined || feed.isDegraded.peek()) return;
  toast(added > 0 ? words.peek().recommended(added) : words.peek().nothingNew);
}

/** Page Down and Page Up go from article to article, as in every feed of role "feed". */
function moveByPage(event: KeyboardEvent): void {
  const step = event.key === "PageDown" ? 1 : event.key === "PageUp" ? -1 : 0;
  const here = (event.target as Element).closest("article");
  if (step === 0 || here === null) return;
  const entries = [...(event.currentTarget as Element).querySelectorAll<HTMLElement>("article")];
  const next = entries[entries.indexOf(here as HTMLElement) + step];
  if (next === undefined) return;
  event.preventDefault();
  next.focus();
}
