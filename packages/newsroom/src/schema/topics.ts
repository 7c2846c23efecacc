/** Topics of the change feed (`changes.topic`), each with its subject. */
export const CHANGE_TOPICS = [
  "article", // an article's row or content
  "article-statistics", // an article's counts
  "user", // a profile
  "user-statistics", // a user's counts
  "follows", // a reader's followed authors
  "dislikes", // a reader's disliked articles
  "blocks", // a reader's blocked authors
  "promotion", // an article whose promotion began or ended
  "notification", // a user; the version is the notification's id
  "fan-out", // a new article whose followers were notified
  "message", // one side of a conversation; the version is the message's id
  "sign-in", // a sign-in that ended
  "import", // everything: rows were written in bulk
] as const;

export type ChangeTopic = (typeof CHANGE_TOPICS)[number];

const KNOWN: ReadonlySet<string> = new Set(CHANGE_TOPICS);

/** False for a topic of a later version, which its followers skip. */
export function isChangeTopic(topic: string): topic is ChangeTopic {
  return KNOWN.has(topic);
}
