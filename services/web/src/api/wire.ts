/** What the gateway answers, as docs/http-api.md says. Ids are strings. */

export interface Trace {
  readonly click: string;
  readonly collect: string;
  readonly read: string;
  readonly liking: string;
}

export interface ArticleSummary {
  readonly article_id: string;
  readonly title: string;
  readonly aut_id: string;
  readonly aut_name: string;
  readonly channel_id: string;
  readonly pubdate: string;
  readonly cover: readonly string[];
  readonly comment_count: number;
  readonly like_count: number;
  readonly collect_count: number;
}

export interface FedArticle extends ArticleSummary {
  readonly is_top: boolean;
  readonly reason: string;
  readonly trace: Trace;
}

export interface FeedPage {
  readonly pre_timestamp: number;
  readonly has_more: boolean;
  readonly exhausted: boolean;
  readonly server_time: number;
  readonly degraded: boolean;
  readonly exposure: string;
  readonly results: readonly FedArticle[];
}

export interface Updates {
  readonly since: number;
  readonly count: number;
  readonly degraded: boolean;
}

export interface ReadArticle extends ArticleSummary {
  readonly content: string;
  readonly similar: readonly ArticleSummary[];
  /** Tokens for this reader, and what they already did: for a request that says who asks. */
  readonly trace?: Trace;
  readonly viewer?: Viewer;
}

export interface Viewer {
  readonly liked: boolean;
  readonly collected: boolean;
  readonly disliked: boolean;
  readonly blocked_author: boolean;
  readonly following: boolean;
}

export interface Channel {
  readonly id: string;
  readonly name: string;
  readonly name_en: string;
}

export interface User {
  readonly user_id: string;
  readonly name: string;
  readonly about: string | null;
  readonly created_at: string;
  readonly article_count: number;
  readonly follower_count: number;
  readonly following_count: number;
  readonly like_received_count: number;
  readonly following?: boolean;
}

export interface Comment {
  readonly comment_id: string;
  readonly article_id: string;
  readonly user_id: string;
  readonly user_name: string;
  readonly content: string;
  readonly created_at: string;
}

export interface OwnArticle {
  readonly article_id: string;
  readonly title: string;
  readonly channel_id: string;
  readonly cover: readonly string[];
  readonly status: "published" | "scheduled" | "held";
  readonly publish_at: string | null;
  readonly pubdate: string | null;
  readonly comment_count: number;
  readonly like_count: number;
  readonly collect_count: number;
}

export interface Order {
  readonly order_id: string;
  readonly article_id: string;
  /** Empty when the article is no more. */
  readonly article_title: string;
  readonly day: string;
  readonly price_fen: number;
  readonly status: "unpaid" | "paid" | "cancelled";
  readonly created_at: string;
  readonly expires_at: string;
  readonly paid_at: string | null;
  readonly cancelled_at: string | null;
  readonly promoted_from: string | null;
  readonly promoted_until: string | null;
}

export interface PromotionDays {
  readonly price_fen: number;
  readonly pay_within_seconds: number;
  readonly results: readonly { readonly day: string; readonly capacity: number; readonly available: number }[];
}

export interface Notification {
  readonly id: string;
  readonly kind: string;
  readonly subject_id: string | null;
  readonly actor_id: string | null;
  readonly actor_name?: string | null;
  readonly article_id?: string;
  readonly title?: string;
  readonly created_at: string;
  readonly read_at: string | null;
}

export type MessageState = "sent" | "delivered" | "read";

export interface Message {
  readonly message_id: string;
  readonly sender_id: string;
  readonly recipient_id: string;
  readonly text: string;
  /** A UUID of the sender's. */
  readonly client_id: string;
  readonly created_at: string;
  readonly state: MessageState;
}

export interface Conversation {
  readonly user_id: string;
  readonly user_name: string;
  readonly unread: number;
  readonly read_up_to: string;
  readonly last_message: Message | null;
}

/** A list that goes on: `next` goes into `before`. */
export interface Listed<Item> {
  readonly results: readonly Item[];
  readonly next: string | null;
}
