import type { ClientDuplexStream, ServiceError } from "@grpc/grpc-js";
import { status } from "@grpc/grpc-js";
import { DeadlineSweep, fromStatus, Silence } from "@headline/grpc";
import { Refusal } from "@headline/service/errors";
import { Slots } from "@headline/service/slots";
import { backoff, jitter } from "@headline/service/timing";
import { type Choice, chooseByReader, peerHashOf } from "./affinity.js";
import type { RecommenderChannel } from "./channel.js";
import type {
  Call,
  Reply,
  StreamRecommendationsRequest,
  StreamRecommendationsResponse,
} from "./gen/headline/recommend/v1/recommend.js";
import type { UserRequest } from "./gen/user_recommend.js";
import { fromAnswerTo, type MakeTokens, type Recommendation } from "./recommendation.js";

/** Number, size and age of the streams of batches. */
export interface StreamOptions {
  /** Streams held open; several backends share them. Default: as many as the address names, 2 for a DNS name. */
  readonly streams?: number;
  /** Calls waiting for a stream that takes them; beyond, RESOURCE_EXHAUSTED. Default 4,096. */
  readonly queueMax?: number;
  /** Calls in flight on one stream; the server's bound is 1,024. Default 1,000. */
  readonly callsMax?: number;
  /** A stream is replaced by a new one after about this long, so that new backends get their share. Default 5 min. */
  readonly rotateMs?: number;
  /** The longest pause before a broken stream is opened again. Default 500 ms. */
  readonly backoffMsMax?: number;
  /** Makes the tokens of pages from their parts, which keeps nine tenths of a page off the wire. Default: the server makes them. */
  readonly makeTokens?: MakeTokens | undefined;
}

interface AskOptions {
  readonly timeoutMs: number;
  readonly dryRun?: boolean | undefined;
  readonly traceparent?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

type Stream = ClientDuplexStream<StreamRecommendationsRequest, StreamRecommendationsResponse>;

const CALLS_PER_MESSAGE = 256;
const BACKOFF_MS_MIN = 20;
const BACKOFF_MS_MAX = 500;
/** A server without this service will not grow it within seconds. */
const UNIMPLEMENTED_BACKOFF_MS = 30_000;
const TRACEPARENT_MAX = 128;
/** Between two tries to move one of the streams that share a backend: doubles from the first to the second. */
const SPREAD_MS = 100;
const SPREAD_MS_MAX = 30_000;

/** No server saw the call: asking again is not a retry. */
export class Unseen extends Refusal {
  constructor(message: string) {
    super("UNAVAILABLE", message);
  }
}

/** A call on its way: waiting for a stream, or for its reply. */
interface Ask {
  readonly request: UserRequest;
  readonly options: AskOptions;
  readonly deadlineAt: number;
  readonly resolve: (recommendation: Recommendation) => void;
  readonly reject: (reason: unknown) => void;
  readonly onAbort: (() => void) | undefined;
  lane: Lane | undefined;
  id: number;
  over: boolean;
}

/** Streams that carry what each event-loop tick asks as one message, and the answers back. */
export class RecommendStream {
  readonly #lanes: Lane[] = [];
  readonly #retiring = new Set<Lane>();
  readonly #deadlines = new DeadlineSweep((now) => this.#expire(now));
  readonly #queueMax: number;
  #queue: Ask[] = [];
  #flushing = false;
  /** A stream has been up since the last time that none was. */
  #standing = false;
  #spreadMs = SPREAD_MS;
  #spreadAt = 0;
  #closed = false;

  constructor(
    private readonly channel: RecommenderChannel,
    private readonly options: StreamOptions,
  ) {
    this.#queueMax = options.queueMax ?? 4_096;
    for (let each = 0; each < (options.streams ?? 2); each++) this.#lanes.push(this.#openLane());
    channel.onTick((now) => this.#tick(now));
  }

  /** Some stream is up: `ask` makes sense. */
  get up(): boolean {
    return !this.#closed && this.#lanes.some((lane) => lane.up);
  }

  /** Calls that wait for a stream or for their reply. */
  get size(): number {
    let size = this.#queue.length;
    for (const lane of this.#every()) size += lane.pending.size;
    return size;
  }

  ask(request: UserRequest, options: AskOptions): Promise<Recommendation> {
    return new Promise((resolve, reject) => {
      const { signal } = options;
      if (signal?.aborted) return reject(signal.reason);
      if (!this.up) return reject(new Unseen("no stream to the recommender is up"));
      if (this.#queue.length >= this.#queueMax) {
        return reject(
          new Refusal("RESOURCE_EXHAUSTED", "too many calls wait for the recommender", { retryAfterSeconds: 1 }),
        );
      }
      const onAbort =
        signal &&
        (() => {
          if (this.#finish(ask, "left")) reject(signal.reason);
        });
      const deadlineAt = performance.now() + options.timeoutMs;
      const ask: Ask = { request, options, deadlineAt, resolve, reject, onAbort, lane: undefined, id: 0, over: false };
      if (onAbort) signal.addEventListener("abort", onAbort, { once: true });
      this.#queue.push(ask);
      this.#deadlines.note(deadlineAt);
      this.#schedule();
    });
  }

  /** Waits for what is in flight, which deadlines bound, then ends the streams. */
  async close(): Promise<void> {
    this.#closed = true;
    while (this.size > 0) await new Promise((resolve) => setTimeout(resolve, 5));
    this.#deadlines.close();
    for (const lane of this.#every()) lane.close();
  }

  *#every(): Iterable<Lane> {
    yield* this.#lanes;
    yield* this.#retiring;
  }

  #openLane(): Lane {
    return new Lane(this.channel, this.options, {
      reply: (lane, reply) => this.#settle(lane, reply),
      down: (lane, unseen, why) => this.#broken(lane, unseen, why),
      ready: () => {
        this.#standing = true;
        this.#schedule();
      },
    });
  }

  #schedule(): void {
    if (this.#flushing || this.#queue.length === 0) return;
    this.#flushing = true;
    setImmediate(() => this.#flush());
  }

  /** Sends each call to its reader's stream: one message a stream and tick, more only when it would be too large. */
  #flush(): void {
    this.#flushing = false;
    const now = performance.now();
    const queue = this.#queue;
    this.#queue = [];
    const batches = new Map<Lane, Call[]>();
    let open = this.#openLanes();
    for (const ask of queue) {
      if (ask.over) continue;
      const lane = chooseByReader(ask.request.userId, open);
      if (lane === undefined) {
        this.#queue.push(ask);
        continue;
      }
      const calls = batches.get(lane) ?? [];
      batches.set(lane, calls);
      calls.push(lane.take(ask, now));
      if (calls.length >= CALLS_PER_MESSAGE) {
        lane.write({ calls });
        batches.delete(lane);
      }
      if (lane.room <= 0 || !lane.writable) open = this.#openLanes();
    }
    for (const [lane, calls] of batches) lane.write({ calls });
    if (this.#queue.length > 0 && !this.up) this.#rejectQueue();
  }

  #openLanes(): Lane[] {
    return this.#lanes.filter((lane) => lane.up && lane.writable && lane.room > 0);
  }

  #rejectQueue(): void {
    const queue = this.#queue;
    this.#queue = [];
    for (const ask of queue) {
      if (this.#finish(ask, "left")) ask.reject(new Unseen("no stream to the recommender is up"));
    }
  }

  #settle(lane: Lane, { id, outcome }: Reply): void {
    const ask = lane.pending.get(id);
    if (!ask || !this.#finish(ask, "answered")) return; // it was given up before the reply came
    if (outcome?.$case === "answer") ask.resolve(fromAnswerTo(ask.request, outcome.answer, this.options.makeTokens));
    else if (outcome) ask.reject(fromStatus(outcome.failure.code, outcome.failure.message));
    else ask.reject(new Error("the server failed: a reply without outcome"));
  }

  #broken(lane: Lane, unseen: boolean, why: string): void {
    this.#retiring.delete(lane);
    for (const ask of [...lane.pending]) {
      if (this.#finish(ask, "left")) ask.reject(unseen ? new Unseen(why) : new Refusal("UNAVAILABLE", why));
    }
    if (this.up) return;
    this.#rejectQueue();
    if (!this.#standing || this.#closed) return;
    // Whoever came back meanwhile is found at once by a new channel, and by this one only when its backoff ends.
    this.#standing = false;
    this.channel.renew();
  }

  /** The first end of a call counts: whoever gets true tells the caller. */
  #finish(ask: Ask, outcome: "answered" | "lost" | "left"): boolean {
    if (ask.over) return false;
    ask.over = true;
    if (ask.onAbort) ask.options.signal?.removeEventListener("abort", ask.onAbort);
    ask.lane?.release(ask, outcome);
    this.#schedule();
    return true;
  }

  #expire(now: number): number {
    let next = Number.POSITIVE_INFINITY;
    const look = (ask: Ask) => {
      if (ask.over) return;
      if (ask.deadlineAt > now) next = Math.min(next, ask.deadlineAt);
      else if (this.#finish(ask, "lost")) ask.reject(new Refusal("DEADLINE_EXCEEDED", "the recommender took too long"));
    };
    for (const lane of this.#every()) for (const ask of lane.pending) look(ask);
    for (const ask of this.#queue) look(ask);
    this.#queue = this.#queue.filter((ask) => !ask.over);
    return next;
  }

  #tick(now: number): void {
    if (this.#closed) return;
    for (const lane of this.#lanes) {
      if (!lane.mute(now)) continue;
      this.channel.renew();
      lane.reopen("the stream went silent");
    }
    this.#rotate(now);
    for (const lane of this.#retiring) if (lane.mute(now)) lane.close();
    if (now >= this.#spreadAt) this.#spread(now);
  }

  /** Replaces a stream that is old enough, one at a time and while another is up, so that calls keep a stream. */
  #rotate(now: number): void {
    const place = this.#lanes.findIndex((lane) => lane.due(now));
    const lane = this.#lanes[place];
    if (lane === undefined || !this.#lanes.every((other) => other.up)) return;
    // New connections too: a backend that was stuck connecting gets another chance.
    if (place === 0) this.channel.renew();
    this.#replace(lane, place);
  }

  #replace(lane: Lane, place: number): void {
    this.#retiring.add(lane);
    this.#lanes[place] = this.#openLane();
    lane.retire();
  }

  /**
   * The first backend to be connected gets every stream that waits, and the last one to stand gets those of the others: so of
   * streams that share a backend one tries its luck again, at first soon, and ever less often where there is no other backend.
   */
  #spread(now: number): void {
    const taken = new Set<string>();
    const place = this.#lanes.findIndex((lane) => {
      if (!lane.up) return false;
      if (taken.has(lane.peer)) return true;
      taken.add(lane.peer);
      return false;
    });
    const lane = this.#lanes[place];
    if (lane) this.#replace(lane, place);
    this.#spreadMs = lane ? Math.min(SPREAD_MS_MAX, this.#spreadMs * 2) : SPREAD_MS;
    this.#spreadAt = now + this.#spreadMs;
  }
}

interface LaneEvents {
  reply(lane: Lane, reply: Reply): void;
  down(lane: Lane, unseen: boolean, why: string): void;
  ready(lane: Lane): void;
}

/** One stream and what is in flight on it; opens itself again until it is retired or closed. */
class Lane implements Choice {
  readonly pending = new Slots<Ask>();
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
    private readonly options: StreamOptions,
    private readonly events: LaneEvents,
  ) {
    this.#silence = new Silence(channel.silenceMs);
    const rotateMs = options.rotateMs ?? 5 * 60_000;
    this.#rotateAt = performance.now() + jitter(rotateMs, 0.2);
    this.#open();
  }

  get up(): boolean {
    return this.#state === "up" && !this.#retired;
  }

  /** The backend it is up on. */
  get peer(): string {
    return this.#peer;
  }

  get peerHash(): number {
    return this.#peerHash;
  }

  get load(): number {
    return this.pending.size;
  }

  /** The transport takes more: the last write was not pushed back. */
  get writable(): boolean {
    return this.#writable;
  }

  get room(): number {
    return (this.options.callsMax ?? 1_000) - this.pending.size;
  }

  /** Calls fail and nothing comes, or nobody has picked up. */
  mute(now: number): boolean {
    if (this.#state === "opening") return now - this.#openedAt >= this.channel.silenceMs;
    return this.#state === "up" && this.#silence.silent(now);
  }

  /** Old enough to be replaced. */
  due(now: number): boolean {
    return this.#state === "up" && now >= this.#rotateAt;
  }

  /** Makes the wire's call of `ask` and waits for its reply. */
  take(ask: Ask, now: number): Call {
    ask.lane = this;
    ask.id = this.pending.put(ask);
    this.#silence.asked(now);
    const { dryRun = false, traceparent = "" } = ask.options;
    return {
      id: ask.id,
      request: ask.request,
      timeoutMs: Math.max(1, Math.ceil(ask.deadlineAt - now)),
      dryRun,
      traceparent: traceparent.length <= TRACEPARENT_MAX ? traceparent : "",
      ...(this.options.makeTokens !== undefined && { withoutTokens: true }),
    };
  }

  write(message: StreamRecommendationsRequest): void {
    if (this.#stream && !this.#stream.write(message)) this.#writable = false;
  }

  release(ask: Ask, outcome: "answered" | "lost" | "left"): void {
    this.pending.take(ask.id);
    if (outcome === "answered") this.#silence.answered(performance.now());
    else this.#silence[outcome]();
    if (this.#retired && this.pending.size === 0) this.close();
  }

  /** Takes no more calls; ends when the last reply is there. */
  retire(): void {
    this.#retired = true;
    if (this.pending.size === 0) this.close();
  }

  reopen(why: string): void {
    this.#drop(false, why, 0);
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
    const current = () => this.#stream === stream;
    stream.on("metadata", () => {
      if (!current() || this.#state !== "opening") return;
      this.#state = "up";
      this.#peer = stream.getPeer();
      this.#peerHash = peerHashOf(this.#peer);
      this.#failures = 0;
      this.events.ready(this);
    });
    stream.on("data", ({ replies }: StreamRecommendationsResponse) => {
      if (!current()) return;
      this.#silence.heard(performance.now());
      for (const reply of replies) this.events.reply(this, reply);
    });
    stream.on("drain", () => {
      if (!current()) return;
      this.#writable = true;
      this.events.ready(this);
    });
    // A server that drains has answered what it read, so what is left it never saw.
    stream.on("status", ({ code }) => {
      if (current() && code === status.OK) this.#drop(true, "the recommender is leaving", this.#nextBackoff());
    });
    stream.on("error", (error: ServiceError) => {
      if (!current()) return;
      const pause = error.code === status.UNIMPLEMENTED ? UNIMPLEMENTED_BACKOFF_MS : this.#nextBackoff();
      this.#drop(false, `the stream broke: ${error.details}`, pause);
    });
  }

  #drop(unseen: boolean, why: string, pauseMs: number): void {
    const stream = this.#stream;
    this.#stream = undefined;
    stream?.cancel();
    if (this.#state === "closed") return;
    this.#state = this.#retired ? "closed" : "down";
    this.events.down(this, unseen, why);
    if (this.#retired) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#open(), pauseMs);
    this.#timer.unref();
  }

  #nextBackoff(): number {
    return backoff(this.#failures++, { minMs: BACKOFF_MS_MIN, maxMs: this.options.backoffMsMax ?? BACKOFF_MS_MAX });
  }
}
