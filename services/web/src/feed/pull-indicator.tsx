import { useLayoutEffect, useRef } from "preact/hooks";
import { Icon } from "../components/icon.js";
import { words } from "../language/language.js";
import { pulledEnough, pulledPx } from "./pull-to-refresh.js";

/** Indicator above the feed while it is pulled down, until the new batch arrives. */
export function PullIndicator({ isRefreshing }: { isRefreshing: boolean }) {
  const mark = useRef<HTMLDivElement>(null);
  const px = pulledPx.value;
  useLayoutEffect(() => {
    // Through the object model: the Content-Security-Policy forbids style attributes.
    mark.current?.style.setProperty("--pulled", `${px}px`);
  }, [px]);
  return (
    <div ref={mark} class={`pull ${isRefreshing ? "busy" : ""} ${px > 0 ? "pulling" : ""}`} aria-hidden="true">
      <Icon name="refresh" />
      <span>{pulledEnough(px) ? words.value.release : isRefreshing ? words.value.loading : words.value.pull}</span>
    </div>
  );
}
