import { REASONS } from "@headline/recommender/reasons";
import { z } from "zod";
import { PINNED } from "../feed/page.js";

/** What answers are made of. Handlers present without these, so a test holds real answers against them. */

const id = z
  .string()
  .meta({ pattern: "^(0|[1-9]\\d*)$", description: "A decimal id; larger than 2^53 where it likes." });
const ms = z.number().meta({ type: "integer", minimum: 0, description: "Milliseconds since the epoch." });
const time = z.string().meta({ format: "date-time" });
const count = z.number().meta({ type: "integer", minimum: 0 });

/** One page of a list: `next` goes into `before`. */
function listOf<Item extends z.ZodType>(item: Item) {
  return z.object({ results: z.array(item), has_more: z.boolean(), next: id.nullable() });
}

const article = {
  article_id: id,
  title: z.string(),
  aut_id: id,
  aut_name: z.string(),
  channel_id: id,
  pubdate: time,
  cover: z.array(z.string()),
  comment_count: count,
  like_count: count,
  collect_count: count,
};

export const Article = z.object(article);

export const Trace = z.object({ click: z.string(), collect: z.string(), read: z.string(), liking: z.string() });

export const FeedArticle = z.object({
  ...article,
  is_top: z.boolean(),
  reason: z.string().meta({
    description: `Why it is here: ${[...Object.keys(REASONS), PINNED].join(", ")} and others to come.`,
  }),
  trace: Trace,
});

export const FeedPage = z.object({
  page: count,
  per_page: count,
  timestamp: ms.meta({ description: "Send it again to get this page again." }),
  pre_timestamp: ms.meta({
    description: "Send it to go on: into older pages, then new ones behind the oldest; 0 where nothing is left.",
  }),
  has_more: z.boolean(),
  exhausted: z.boolean(),
  server_time: ms,
  degraded: z.boolean(),
  exposure: z.string(),
  results: z.array(FeedArticle),
});

export const Updates = z.object({ channel_id: id, since: ms, count, degraded: z.boolean() });
export const Viewer = z.object({
  liked: z.boolean(),
  collected: z.boolean(),
  disliked: z.boolean(),
  blocked_author: z.boolean(),
  following: z.boolean(),
});
const state = {
  status: z.enum(["published", "scheduled", "held"]).meta({ description: "Its author alone reads one that waits." }),
  publish_at: time.nullable(),
};
export const ArticleDetail = z.object({
  ...article,
  ...state,
  content: z.string(),
  similar: z.array(Article),
  trace: Trace.optional().meta({ description: "To a request that says who reads: what proves what they do with it." }),
  viewer: Viewer.optional().meta({ description: "To a request that says who reads: what they have done with it." }),
});
export const ArticleId = z.object({ article_id: id });
export const ArticleList = listOf(Article);

export const OwnArticle = z.object({
  article_id: id,
  title: z.string(),
  channel_id: id,
  cover: z.array(z.string()),
  ...state,
  pubdate: time.nullable(),
  comment_count: count,
  like_count: count,
  collect_count: count,
});
export const OwnArticleList = listOf(OwnArticle);

export const Channel = z.object({ id, name: z.string(), name_en: z.string() });
export const ChannelList = z.object({
  channels: z.array(Channel),
  demo_accounts: z
    .array(z.string())
    .meta({ description: "Accounts to try a site with that runs with its sample." })
    .optional(),
  cover_origins: z
    .array(z.string())
    .meta({ description: "Other sites whose covers the pages show; those of any other are left out." })
    .optional(),
});

export const Comment = z.object({
  comment_id: id,
  article_id: id,
  user_id: id,
  user_name: z.string(),
  content: z.string(),
  created_at: time,
});
export const CommentList = listOf(Comment);
export const CommentId = z.object({ comment_id: id });

export const Verdicts = z.object({
  accepted: count,
  duplicates: count,
  rejected: z.array(z.object({ index: count, reason: z.string() })),
});

export const User = z.object({
  user_id: id,
  name: z.string(),
  about: z.string(),
  created_at: time,
  article_count: count,
  follower_count: count,
  following_count: count,
  like_received_count: count,
  following: z.boolean().optional().meta({ description: "Whether the signed-in reader follows this user." }),
});
export const Following = z.object({ user_id: id, following: z.boolean() });

const token = { token: z.string(), expires_in: count.meta({ description: "Seconds." }) };
export const SignedIn = z.object({ user_id: id, name: z.string(), ...token, refresh_token: z.string() });
export const Renewed = z.object({ ...token, refresh_token: z.string() });
export const SignedOut = z.object({ ended: count.meta({ description: "Sign-ins that ended." }) });
export const PasswordChanged = z.object({
  user_id: id,
  ended: count.meta({ description: "Other sign-ins that ended." }),
});

export const Notification = z.object({
  id,
  kind: z.enum(["new_article", "article_published", "order_cancelled", "order_paid", "followed", "liked", "commented"]),
  subject_id: id,
  actor_id: id.nullable(),
  actor_name: z.string().nullable(),
  article_id: id.optional(),
  title: z.string().optional(),
  created_at: time,
  read_at: time.nullable(),
});
export const NotificationList = listOf(Notification).extend({ unread: count });
export const NotificationsLeft = z.object({ up_to: id, unread: count });

export const Message = z.object({
  message_id: id,
  sender_id: id,
  recipient_id: id,
  text: z.string(),
  client_id: z.string().meta({ format: "uuid" }),
  created_at: time,
  state: z.enum(["sent", "delivered", "read"]),
});
export const MessageList = listOf(Message);
export const Conversation = z.object({
  user_id: id,
  user_name: z.string(),
  unread: count,
  read_up_to: id,
  last_message: Message.nullable(),
});
export const ConversationList = listOf(Conversation);
export const ConversationLeft = z.object({ user_id: id, read_up_to: id, unread: count });

export const Order = z.object({
  order_id: id,
  article_id: id,
  article_title: z.string(),
  day: z.string().meta({ format: "date" }),
  price_fen: count,
  status: z.enum(["unpaid", "paid", "cancelled"]),
  created_at: time,
  expires_at: time,
  paid_at: time.nullable(),
  cancelled_at: time.nullable(),
  promoted_from: time.nullable(),
  promoted_until: time.nullable(),
});
export const OrderList = listOf(Order);
export const PromotionDays = z.object({
  price_fen: count,
  pay_within_seconds: z.number(),
  results: z.array(z.object({ day: z.string().meta({ format: "date" }), capacity: count, available: count })),
});

/** RFC 9457, with `code`, `request_id`, and each wrong field. */
export const ProblemDetails = z.object({
  type: z.string(),
  title: z.string(),
  status: z.number().meta({ type: "integer" }),
  detail: z.string(),
  message: z.string(),
  code: z.string(),
  request_id: z.string(),
  errors: z.array(z.object({ field: z.string(), detail: z.string() })).optional(),
});
