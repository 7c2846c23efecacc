import { type ClientDuplexStream, type ServiceError, status } from "@grpc/grpc-js";
import { Silence } from "@headline/grpc";
import { Slots } from "@headline/service/slots";
import { backoff, jitter } from "@headline/service/timing";
import { type Choice, peerHashOf } from "./affinity.js";
import type { RecommenderChannel } from "./channel.js";
import type {
  Call,
  Reply,
  StreamRecommendationsRequest,
  StreamRecommendationsResponse,
} from "./gen/headline/recommend/v1/recommend.js";
import type { CallOutcome, PendingCall } from "./pending-call.js";

type Stream = ClientDuplexStream<StreamRecommendationsRequest, StreamRecommendationsResponse>;

/** Limits of one stream. */
export interface LaneOptions {
  /** Calls in flight on one stream; the server's bound is 1,024. Default 1,000. */
  readonly callsMax?: number;
  /** Age at which a stream is replaced by a new one, so that new backends get their share. Default 5 min. */
  readonly rotateMs?: number;
  /** Longest pause before a broken stream is opened again. Default 500 ms. */
  readonly backoffMsMax?: number;
  /** Whether the caller makes the tokens of pages, so that the server sends their parts. Default: the server makes them. */
  readonly withoutTokens?: boolean;
}

const CALLS_MAX = 1_000;
const ROTATE_MS = 5 * 60_000;
const BACKOFF_MS_MIN = 20;
const BACKOFF_MS_MAX = 500;
/** Pause after a server without this service, which will not get it within seconds. */
const UNIMPLEMENTED_BACKOFF_MS = 30_000;
const TRACEPARENT_MAX = 128;

/** Events of a lane: a reply, its end with whether the server processed the pending calls, and readiness for calls. */
interface LaneEvents {
  reply(lane: Lane, reply: Reply): void;
  down(lane: Lane, isUnprocessed: boolean, reason: string): void;
  ready(lane: Lane): void;
}

/** One stream and its calls in flight; it is opened again after a failure until it is retired or closed. */
export class Lane implements Choice {
  readonly pending = new Slots<PendingCall>();
  readonly #silence: Silence;
  readonly #rotateAt: number;
  #stream: Stream | undefined;
  #peer = "";
  #peerHash = 0;
  #state: "opening" | "up" | "down" | "closed" = "down";
  #writable = true;
  #retired = false;
  #openedAt = 0;
  #failures = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly channel: RecommenderChannel,
    private readonly options: LaneOptions,
    private readonly events: LaneEvents,
  ) {
    this.#silence = new Silence(channel.silenceMs);
    this.#rotateAt = performance.now() + jitter(options.rotateMs ?? ROTATE_MS, 0.2);
    this.#open();
  }

  get up(): boolean {
    return this.#state === "up" && !this.#retired;
  }

  /** Address of the backend it is connected to. */
  get peer(): string {
    return this.#peer;
  }

  get peerHash(): number {
    return this.#peerHash;
  }

  get load(): number {
    return this.pending.size;
  }

  /** Whether the transport accepts more: the last write was not pushed back. */
  get writable(): boolean {
    return this.#writable;
  }

  /** Further calls it may have in flight. */
  get capacity(): number {
    return (this.options.callsMax ?? CALLS_MAX) - this.pending.size;
  }

  /** Whether calls fail and nothing comes, or the stream has not been accepted in time. */
  isSilent(now: number): boolean {
    if (this.#state === "opening") return now - this.#openedAt >= this.channel.silenceMs;
    return this.#state === "up" && this.#silence.isSilent(now);
  }

  /** Whether it is old enough to be replaced. */
  isDue(now: number): boolean {
    return this.#state === "up" && now >= this.#rotateAt;
  }

  /** Registers a call as pending, and returns it as it is sent. */
  add(call: PendingCall, now: number): Call {
    call.lane = this;
    call.id = this.pending.put(call);
    this.#silence.began(now);
    const { dryRun = false, traceparent = "" } = call.options;
    return {
      id: call.id,
      request: call.request,
      timeoutMs: Math.max(1, Math.ceil(call.deadlineAt - now)),
      dryRun,
      traceparent: traceparent.length <= TRACEPARENT_MAX ? traceparent : "",
      ...(this.options.withoutTokens && { withoutTokens: true }),
    };
  }

  write(message: StreamRecommendationsRequest): void {
    if (this.#stream && !this.#stream.write(message)) this.#writable = false;
  }

  /** Removes a pending call. */
  remove(call: PendingCall, outcome: CallOutcome): void {
    this.pending.take(call.id);
    if (outcome === "answered") this.#silence.answered(performance.now());
    else this.#silence[outcome]();
    if (this.#retired && this.pending.size === 0) this.close();
  }

  /** Takes no further calls; ends after the last reply. */
  retire(): void {
    this.#retired = true;
    if (this.pending.size === 0) this.close();
  }

  reopen(reason: string): void {
    this.#drop(false, reason, 0);
  }

  close(): void {
    if (this.#state === "closed") return;
    const stream = this.#stream;
    this.#stream = undefined;
    this.#state = "closed";
    clearTimeout(this.#timer);
    stream?.end();
    stream?.cancel();
    this.events.down(this, false, "the stream was closed");
  }

  #open(): void {
    if (this.#state === "closed") return;
    this.#state = "opening";
    this.#writable = true;
    this.#openedAt = performance.now();
    this.#silence.reset(this.#openedAt);
    const stream = this.channel.clients.recommendService.streamRecommendations();
    this.#stream = stream;
    const isCurrent = () => this.#stream === stream;
    stream.on("metadata", () => {
      if (!isCurrent() || this.#state !== "opening") return;
      this.#state = "up";
      this.#peer = stream.getPeer();
      this.#peerHash = peerHashOf(this.#peer);
      this.#failures = 0;
      this.events.ready(this);
    });
    stream.on("data", ({ replies }: StreamRecommendationsResponse) => {
      if (!isCurrent()) return;
      this.#silence.received(performance.now());
      for (const reply of replies) this.events.reply(this, reply);
    });
    stream.on("drain", () => {
      if (!isCurrent()) return;
      this.#writable = true;
      this.events.ready(this);
    });
    // A server that drains answers what it has read: it did not process what is still pending.
    stream.on("status", ({ code }) => {
      if (isCurrent() && code === status.OK) this.#drop(true, "the recommender is leaving", this.#nextBackoff());
    });
    stream.on("error", (error: ServiceError) => {
      if (!isCurrent()) return;
      const pause = error.code === status.UNIMPLEMENTED ? UNIMPLEMENTED_BACKOFF_MS : this.#nextBackoff();
      this.#drop(false, `the stream broke: ${error.details}`, pause);
    });
  }

  #drop(isUnprocessed: boolean, reason: string, pauseMs: number): void {
    const stream = this.#stream;
    this.#stream = undefined;
    stream?.cancel();
    if (this.#state === "closed") return;
    this.#state = this.#retired ? "closed" : "down";
    this.events.down(this, isUnprocessed, reason);
    if (this.#retired) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#open(), pauseMs);
    this.#timer.unref();
  }

  #nextBackoff(): number {
    return backoff(this.#failures++, { minMs: BACKOFF_MS_MIN, maxMs: this.options.backoffMsMax ?? BACKOFF_MS_MAX });
  }
}
