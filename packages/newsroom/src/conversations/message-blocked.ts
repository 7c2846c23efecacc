/** A message that is not kept because one of the two has blocked the other. */
export class MessageBlocked extends Error {
  override readonly name = "MessageBlocked";

  constructor(readonly blockedBy: "sender" | "recipient") {
    super(blockedBy === "recipient" ? "this user does not take messages from you" : "you have blocked this user");
  }
}
