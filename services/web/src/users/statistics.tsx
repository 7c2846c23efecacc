import type { User } from "@headline/client";
import { count } from "../language/format.js";
import { words } from "../language/language.js";

export function Statistics({ user }: { user: User | undefined }) {
  const text = words.value;
  const shown = [
    [text.statArticles, user?.article_count],
    [text.statFollowers, user?.follower_count],
    [text.statFollowing, user?.following_count],
    [text.statLikes, user?.like_received_count],
  ] as const;
  return (
    <dl class="statistics">
      {shown.map(([name, number]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{number === undefined ? "–" : count(number)}</dd>
        </div>
      ))}
    </dl>
  );
}
