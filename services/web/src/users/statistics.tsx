import type { User } from "@headline/client";
import { count } from "../language/format.js";
import { words } from "../language/language.js";
import { type FollowList, hrefOf } from "../routing/routes.js";

interface Shown {
  readonly name: string;
  readonly number: number | undefined;
  /** List of those who are counted. */
  readonly list?: FollowList;
}

/** Counts of a profile; those of followers and followed users lead to their lists. */
export function Statistics({ user }: { user: User | undefined }) {
  const text = words.value;
  const shown: readonly Shown[] = [
    { name: text.statArticles, number: user?.article_count },
    { name: text.statFollowers, number: user?.follower_count, list: "followers" },
    { name: text.statFollowing, number: user?.following_count, list: "following" },
    { name: text.statLikes, number: user?.like_received_count },
  ];
  return (
    <dl class="statistics">
      {shown.map(({ name, number, list }) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>
            {user !== undefined && number !== undefined && list !== undefined ? (
              <a href={hrefOf.follows(user.user_id, list)} aria-label={text.counted(name, count(number))}>
                {count(number)}
              </a>
            ) : number === undefined ? (
              "–"
            ) : (
              count(number)
            )}
          </dd>
        </div>
      ))}
    </dl>
  );
}
