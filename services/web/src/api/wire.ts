/** Answers of the gateway, by its OpenAPI document. Ids are strings. */
import type { EventItem, Message } from "@headline/client";

export type {
  Article as ArticleSummary,
  ArticleDetail as ReadArticle,
  Channel,
  Comment,
  Conversation,
  FeedArticle as FedArticle,
  FeedPage,
  Message,
  Notification,
  Order,
  OwnArticle,
  PromotionDays,
  Trace,
  Updates,
  User,
  Viewer,
} from "@headline/client";

/** Reasons for disliking an article. */
export type DislikeWhy = NonNullable<EventItem["why"]>;

export type MessageState = Message["state"];

/** A list that goes on: `next` goes into `before`. */
export interface Listed<Item> {
  readonly results: readonly Item[];
  readonly next: string | null;
}
