import { useEffect, useRef } from "preact/hooks";
import { ProblemNote } from "../components/problem-note.js";
import { CardSkeletons } from "../components/skeleton.js";
import { words } from "../language/language.js";
import type { Feed } from "./feed.js";

/** Distance to the end at which older pages are loaded. */
const AHEAD = "900px";

/** Foot of the feed, which loads older pages when it comes near, or shows why there are none. */
export function FeedFoot({ feed }: { feed: Feed }) {
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
