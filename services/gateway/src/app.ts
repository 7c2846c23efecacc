import type { Mysql } from "@headline/mysql";
import type { EventLog } from "@headline/newsroom/events";
import type { JobsIn } from "@headline/newsroom/jobs";
import type { Recommender } from "@headline/recommender";
import type { Redis } from "@headline/redis";
import type { SignInLimit } from "@headline/redis/limits";
import type { Log } from "@headline/service/log";
import { rateLimitedLog } from "@headline/service/log";
import type { TrackKeys } from "@headline/track-token";
import express, { type Express, type RequestHandler } from "express";
import type { Articles } from "./articles/articles.js";
import { listMyArticles } from "./articles/list-my-articles.js";
import { editArticle, publishArticle, removeArticle } from "./articles/publish-article.js";
import { createPublisher } from "./articles/publisher.js";
import { readArticle } from "./articles/read-article.js";
import { createSimilar } from "./articles/similar.js";
import type { Budgets } from "./budgets.js";
import type { Announcer } from "./changes/announcer.js";
import type { Channels } from "./channels/channels.js";
import { listChannels } from "./channels/list-channels.js";
import { listComments } from "./comments/list-comments.js";
import { removeComment, writeComment } from "./comments/write-comment.js";
import {
  listConversations,
  listMessages,
  readUpTo,
  sendMessage,
  type TellRead,
} from "./conversations/conversation-handlers.js";
import type { MessageLimit } from "./conversations/message-limit.js";
import { beaconBody } from "./events/beacon-body.js";
import { createJudge } from "./events/judge-events.js";
import { takeEvents } from "./events/take-events.js";
import { createBreaker } from "./feed/breaker.js";
import { countUpdates } from "./feed/count-updates.js";
import type { Fallback } from "./feed/fallback.js";
import { createFeed } from "./feed/feed.js";
import { createHydratePage } from "./feed/hydrate-page.js";
import { listArticles } from "./feed/list-articles.js";
import type { HydratedPage } from "./feed/page.js";
import { PageSessions } from "./feed/page-sessions.js";
import { admissionByKind } from "./http/admission.js";
import { createAuthenticate } from "./http/authenticate.js";
import { compress } from "./http/compress.js";
import { cors } from "./http/cors.js";
import { boundPipelining } from "./http/exchanges.js";
import { plainFraming } from "./http/framing.js";
import { createJsonBody, optional, smallJsonBody } from "./http/json.js";
import { otherMethods } from "./http/methods.js";
import { parseQuery } from "./http/parse-query.js";
import { plainEtags } from "./http/plain-etags.js";
import { notFound, problems } from "./http/problem.js";
import { identifyRequest } from "./http/request-id.js";
import { staticFiles } from "./http/static-files.js";
import type { WriteLimits } from "./http/write-limits.js";
import { listNotifications } from "./notifications/list-notifications.js";
import { markNotificationsRead } from "./notifications/mark-notifications-read.js";
import { serveDocs, serveDocsStyle, serveDocument } from "./openapi/serve-document.js";
import {
  listOrders,
  listPromotionDays,
  orderPromotion,
  type PromotionTerms,
  payForOrder,
  showOrder,
  withdraw,
} from "./orders/order-handlers.js";
import { showPage } from "./pages/show-page.js";
import type { StaticPages } from "./pages/static-pages.js";
import { createReactions } from "./reactions/reactions.js";
import type { AccessTokens } from "./users/access-tokens.js";
import type { Blocks } from "./users/blocks.js";
import { changePassword } from "./users/change-password.js";
import { followUser, unfollowUser } from "./users/follow-user.js";
import { listUserArticles, readMe, readUser } from "./users/read-user.js";
import { renewSignIn, signIn, signOut, signUp } from "./users/sign-in.js";
import type { SignUpLimit } from "./users/sign-up-limit.js";
import type { Users } from "./users/users.js";

export interface AppParts {
  readonly mysql: Mysql;
  readonly redis: Redis;
  readonly recommender: Recommender;
  readonly articles: Articles;
  readonly users: Users;
  readonly channels: Channels;
  readonly blocks: Blocks;
  readonly fallback: Fallback;
  readonly pages: StaticPages;
  readonly tokens: AccessTokens;
  readonly announcer: Announcer;
  readonly jobs: JobsIn;
  readonly promotionTerms: PromotionTerms;
  readonly messageLimit: MessageLimit;
  readonly signInLimit: SignInLimit;
  readonly signUpLimit: SignUpLimit;
  readonly writeLimits: WriteLimits;
  /** The network that a guest's event came from, in the log. */
  readonly guestNetwork: (address: string | undefined) => number;
  /** How many proxies before this one say who asks, in X-Forwarded-For. */
  readonly trustProxy: number;
  readonly tellRead: TellRead;
  readonly eventLog: EventLog;
  readonly trackKeys: TrackKeys;
  readonly now: () => number;
  readonly log: Log;
  /** Whether to take new readers: false while starting and draining. */
  readonly isReady: () => boolean;
  readonly budgets: Budgets;
  /** Requests answered at once; what comes beyond is refused. */
  readonly inFlightMax?: number | undefined;
  /** What measures and traces requests, before anything else happens to them. */
  readonly watch?: readonly RequestHandler[];
  /** Answers GET /metrics, where nothing else does. */
  readonly metrics?: RequestHandler | undefined;
  readonly onPage?: ((page: HydratedPage) => void) | undefined;
  /** Pages of other sites that may ask. */
  readonly corsOrigins: readonly string[];
  /** Other sites whose covers the pages show. */
  readonly coverOrigins: readonly string[];
  /** Whether answers are compressed here, and not by a proxy in front. */
  readonly compress: boolean;
  /** Folders with the pages and the covers of the sample, served as they are. */
  readonly assets: readonly string[];
  /** Names of accounts with a password that visitors may know. */
  readonly demoAccounts?: readonly string[] | undefined;
}

const IN_FLIGHT_MAX = 2_000;
const UNANSWERED_MAX = 32;
/** What happens to every request while a part is away is said once a second. */
const EACH_SECOND = { everyMs: 1_000 };

/** The routes, in the order a reader meets them. */
export function createApp(parts: AppParts): Express {
  const {
    mysql,
    redis,
    recommender,
    articles,
    users,
    channels,
    blocks,
    fallback,
    tokens,
    announcer,
    jobs,
    now,
    log,
    isReady,
    budgets,
    assets,
    demoAccounts,
    coverOrigins,
  } = parts;
  const authenticate = createAuthenticate(tokens);
  const jsonBody = createJsonBody(authenticate);
  const breaker = createBreaker("the recommendation service");
  const onRedisError = rateLimitedLog(log, "Redis was not told", EACH_SECOND);
  const publisher = createPublisher({ mysql, jobs, announcer, userStatistics: users.statistics, onRedisError });
  const { writeLimits } = parts;
  const publishing = { authenticate, channels, publisher, limit: writeLimits.articles, now };
  const ordering = { authenticate, mysql, jobs, announcer, terms: parts.promotionTerms, now };
  const following = { authenticate, mysql, announcer, users, onRedisError };
  const commenting = {
    authenticate,
    limit: writeLimits.comments,
    mysql,
    articles,
    users,
    announcer,
    eventLog: parts.eventLog,
    now,
    onRedisError,
    onLogError: rateLimitedLog(log, "a comment did not reach the recommender", EACH_SECOND),
  };
  const signingIn = { mysql, tokens, announcer, signInLimit: parts.signInLimit };
  const conversing = { authenticate, mysql, users, announcer, limit: parts.messageLimit, tellRead: parts.tellRead };
  const judge = createJudge({
    keys: parts.trackKeys,
    eventLog: parts.eventLog,
    react: createReactions({
      mysql,
      announcer,
      articleStatistics: articles.statistics,
      userStatistics: users.statistics,
      onRedisError,
    }),
    now,
    onError: rateLimitedLog(log, "events not kept", EACH_SECOND),
  });
  const feed = createFeed({
    recommender,
    breaker,
    budgets,
    sessions: new PageSessions(redis),
    fallback,
    now,
    onSessionError: rateLimitedLog(log, "page sessions", EACH_SECOND),
  });

  const app = express();
  app.disable("x-powered-by");
  app.disable("etag");
  app.set("query parser", parseQuery);
  app.set("trust proxy", parts.trustProxy);

  app.use(identifyRequest);
  app.use(cors(parts.corsOrigins));
  app.use(boundPipelining(UNANSWERED_MAX));
  app.get("/healthz", (_req, res) => void res.type("text/plain").end("ok\n"));
  app.get(
    "/readyz",
    (_req, res) =>
      void res
        .status(isReady() ? 200 : 503)
        .type("text/plain")
        .end(isReady() ? "ready\n" : "not ready\n"),
  );
  if (parts.metrics !== undefined) app.get("/metrics", parts.metrics);
  for (const handler of parts.watch ?? []) app.use(handler);
  app.use(plainFraming);
  app.use(admissionByKind(parts.inFlightMax ?? IN_FLIGHT_MAX, budgets.pageMs));
  app.use(plainEtags);
  if (parts.compress) app.use(compress());

  app.get(
    "/articles",
    listArticles({
      authenticate,
      channels,
      feed,
      hydratePage: createHydratePage({
        articles,
        blocks,
        fallback,
        hydrateMs: budgets.hydrateMs,
        blocksMs: budgets.blocksMs,
        onHydrationError: rateLimitedLog(log, "articles not hydrated", EACH_SECOND),
      }),
      now,
      onPage: parts.onPage,
    }),
  );
  app.get(
    "/articles/updates",
    countUpdates({ authenticate, channels, recommender, breaker, fallback, timeoutMs: budgets.updatesMs }),
  );
  app.route("/articles/updates").all(otherMethods(app)); // or it would be an article of that id
  app.get(
    "/articles/:id",
    readArticle({
      authenticate,
      mysql,
      keys: parts.trackKeys,
      now,
      articles,
      blocks,
      similar: createSimilar(mysql),
      onSimilarError: rateLimitedLog(log, "similar articles", EACH_SECOND),
      onViewerError: rateLimitedLog(log, "what a reader did", EACH_SECOND),
    }),
  );
  app.get("/channels", listChannels({ channels, demoAccounts, coverOrigins }));
  app.get("/pages/:file", showPage({ channels, pages: parts.pages, coverOrigins }));

  app.post("/articles", jsonBody, publishArticle(publishing));
  app.patch("/articles/:id", jsonBody, editArticle(publishing));
  app.delete("/articles/:id", removeArticle(publishing));

  app.get("/articles/:id/comments", listComments(commenting));
  app.post("/articles/:id/comments", jsonBody, writeComment(commenting));
  app.delete("/articles/:id/comments/:commentId", removeComment(commenting));

  app.post(
    "/events",
    beaconBody,
    takeEvents({ authenticate, judge, limit: writeLimits.events, guestNetwork: parts.guestNetwork }),
  );

  app.post("/users", smallJsonBody, signUp({ ...signingIn, signUpLimit: parts.signUpLimit }));
  app.get("/users/me", readMe({ authenticate, users }));
  app.put("/users/me/password", smallJsonBody, changePassword({ ...signingIn, authenticate }));
  app.get("/users/me/articles", listMyArticles({ authenticate, mysql, articles }));
  app.get("/users/:id", readUser({ authenticate, mysql, users }));
  app.get("/users/:id/articles", listUserArticles({ mysql, articles }));
  app.put("/users/:id/follow", followUser(following));
  app.delete("/users/:id/follow", unfollowUser(following));

  app.get("/notifications", listNotifications({ authenticate, mysql }));
  app.post("/notifications/read", jsonBody, markNotificationsRead({ authenticate, mysql }));

  app.get("/conversations", listConversations(conversing));
  app.get("/conversations/:userId/messages", listMessages(conversing));
  app.post("/conversations/:userId/messages", jsonBody, sendMessage(conversing));
  app.post("/conversations/:userId/read", jsonBody, readUpTo(conversing));

  app.post("/orders", jsonBody, orderPromotion(ordering));
  app.get("/orders", listOrders(ordering));
  app.get("/orders/:id", showOrder(ordering));
  app.delete("/orders/:id", withdraw(ordering));
  app.post("/orders/:id/payment", payForOrder(ordering));
  app.get("/promotion-days", listPromotionDays(ordering));

  app.post("/authorizations", smallJsonBody, signIn(signingIn));
  app.put("/authorizations", optional(smallJsonBody), renewSignIn(signingIn));
  app.delete("/authorizations", signOut(signingIn));

  app.get("/openapi.json", serveDocument());
  app.get("/docs", serveDocs());
  app.get("/docs/style.css", serveDocsStyle());

  for (const folder of assets) app.use(staticFiles(folder, coverOrigins));
  app.use(otherMethods(app));
  app.use(notFound);
  app.use(problems(log));
  return app;
}
