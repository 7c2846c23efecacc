import type { Recommender } from "@headline/recommender";
import type { SignInRates } from "@headline/redis/limits";
import type { Tls } from "@headline/service/config";
import type { Log } from "@headline/service/log";
import type { Budgets } from "./budgets.js";
import type { MessageRate } from "./conversations/message-limit.js";
import type { WriteRates } from "./http/write-limits.js";
import type { PromotionTerms } from "./orders/order-handlers.js";
import type { PushOptions } from "./push/open-push.js";
import type { TokenKeys } from "./users/access-tokens.js";

export interface GatewayConfig {
  readonly host?: string;
  readonly port: number;
  readonly mysqlUrl: string;
  readonly redisUrl: string;
  /** Holds events until they have landed in MySQL, if it keeps what it acknowledges; the same as `redisUrl` unless given. */
  readonly stateRedisUrl?: string | undefined;
  /** A grpc-js target: `dns:///recommendation:50051`, `ipv4:10.0.0.1:50051,10.0.0.2:50051`, `unix:/run/recommender.sock`. */
  readonly recommenderAddress: string;
  /** Certificates of both ends towards the recommender; plaintext without. */
  readonly tls?: Tls | undefined;
  /** Whom the recommender's certificate names, if not the host of its address. */
  readonly tlsServerName?: string | undefined;
  /** Another way to the recommender than gRPC at that address. */
  readonly recommender?: Recommender;
  readonly tokenKeys: TokenKeys;
  /** Secret of tracking tokens, and the one before while it is rotated. */
  readonly trackSecret: string;
  readonly trackSecretPrevious?: string | undefined;
  readonly log: Log;
  readonly now?: () => number;
  readonly promotionTerms?: Partial<PromotionTerms>;
  readonly push?: PushOptions;
  /** Rate of messages that a user may write to others. */
  readonly messageRate?: MessageRate;
  /** Wrong passwords for a name, and from an address. */
  readonly signInRates?: Partial<SignInRates>;
  /** Sign-ups from an address. */
  readonly signUpsPerHour?: number;
  /** Writes of a reader and of a network, WRITE_RATES by default; no limits at all where it is "off". */
  readonly writeRates?: WriteRates | "off" | undefined;
  /** Number of proxies in front whose X-Forwarded-For is trusted; 0 takes the connection's address. */
  readonly trustProxy?: number;
  /** Pages of other sites that may read answers and send requests: `https://news.example`. */
  readonly corsOrigins?: readonly string[];
  /** Other sites whose covers the pages show; none by default. */
  readonly coverOrigins?: readonly string[];
  /** Whether answers are compressed here; a proxy in front may do it instead. */
  readonly compress?: boolean;
  readonly assets?: readonly string[];
  /** Names of accounts with a password that visitors may know; the page names them. */
  readonly demoAccounts?: readonly string[];
  /** Requests answered at once; what comes beyond is refused with 503. */
  readonly inFlightMax?: number;
  /** Budget of an answer, of which each dependency has a share (budgets.ts); 800 by default. */
  readonly pageBudgetMs?: number;
  /** Shares other than those of that budget. */
  readonly budgets?: Budgets | undefined;
  /** Time that a draining gateway goes on serving, so that balancers notice /readyz first. */
  readonly graceMs?: number;
  /** Limit for a connection without progress while an answer is owed: its client does not read. */
  readonly stallTimeoutMs?: number;
  /** Where metrics are read; this gateway's own port, at /metrics, without it. */
  readonly metricsPort?: number | undefined;
  /** A collector of OpenTelemetry, to which spans are sent by OTLP over HTTP. */
  readonly otlpEndpoint?: string | undefined;
}
