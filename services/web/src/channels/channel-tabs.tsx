import { useEffect, useRef } from "preact/hooks";
import { ProblemNote } from "../components/problem-note.js";
import { words } from "../language/language.js";
import { hrefOf } from "../routing/routes.js";
import { channelName, channels, channelsProblem, loadChannels } from "./channels.js";

/** Links to the channels: a row to swipe on a phone, a column beside the feed on a larger screen. */
export function ChannelTabs({ current }: { current: string | undefined }) {
  const bar = useRef<HTMLElement>(null);
  const known = channels.value;
  const problem = channelsProblem.value;
  useEffect(() => {
    const tab = bar.current?.querySelector<HTMLElement>("[aria-current]");
    const row = bar.current;
    if (tab && row) row.scrollLeft = tab.offsetLeft - (row.clientWidth - tab.offsetWidth) / 2;
  }, [current, known]);
  return (
    <nav class="tabs" ref={bar} aria-label={words.value.channels}>
      {known.map((channel) => (
        <a
          key={channel.id}
          href={hrefOf.channel(channel.id)}
          aria-current={channel.id === current ? "page" : undefined}
        >
          {channelName(channel)}
        </a>
      ))}
      {problem && <ProblemNote problem={problem} retry={() => void loadChannels()} />}
    </nav>
  );
}
