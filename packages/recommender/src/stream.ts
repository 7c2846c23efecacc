import { DeadlineSweep, fromStatus } from "@headline/grpc";
import { Refusal } from "@headline/service/errors";
import { pause } from "@headline/service/timing";
import { chooseByReader } from "./affinity.js";
import type { RecommenderChannel } from "./channel.js";
import type { Call, Reply } from "./gen/headline/recommend/v1/recommend.js";
import type { UserRequest } from "./gen/user_recommend.js";
import { Lane, type LaneOptions } from "./lane.js";
import { type CallOutcome, type PendingCall, type StreamCallOptions, UnprocessedCall } from "./pending-call.js";
import { fromAnswerTo, type MakeTokens, type Recommendation } from "./recommendation.js";

/** Number and limits of the streams of a client. */
export interface StreamOptions extends Omit<LaneOptions, "withoutTokens"> {
  /** Streams kept open; several backends share them. Default: as many as the address names, 2 for a DNS name. */
  readonly streams?: number;
  /** Calls that may wait for a stream; further calls are RESOURCE_EXHAUSTED. Default 4,096. */
  readonly queueMax?: number;
  /** Makes the tokens of pages from their parts, which keeps nine tenths of a page off the wire. Default: the server makes them. */
  readonly makeTokens?: MakeTokens | undefined;
}

const STREAMS = 2;
const QUEUE_MAX = 4_096;
const CALLS_PER_MESSAGE = 256;
const NO_STREAM = "no stream to the recommender is up";
/** Pause between two attempts to move one of the streams that share a backend: doubles from the first to the second. */
const SPREAD_MS = 100;
const SPREAD_MS_MAX = 30_000;
const CLOSE_POLL_MS = 5;

/** Streams of batches: the calls of one event-loop tick leave as one message a stream. */
export class RecommendStream {
  readonly #lanes: Lane[] = [];
  readonly #retiring = new Set<Lane>();
  readonly #deadlines = new DeadlineSweep((now) => this.#expire(now));
  readonly #queueMax: number;
  #queue: PendingCall[] = [];
  #flushing = false;
  /** Whether a stream has been up since the last time that none was. */
  #wasUp = false;
  #spreadMs = SPREAD_MS;
  #spreadAt = 0;
  #closed = false;

  constructor(
    private readonly channel: RecommenderChannel,
    private readonly options: StreamOptions,
  ) {
    this.#queueMax = options.queueMax ?? QUEUE_MAX;
    for (let opened = 0; opened < (options.streams ?? STREAMS); opened++) this.#lanes.push(this.#openLane());
    channel.onTick((now) => this.#tick(now));
  }

  /** Whether a stream is up, so that `call` makes sense. */
  get up(): boolean {
    return !this.#closed && this.#lanes.some((lane) => lane.up);
  }

  /** Number of calls that wait for a stream or for their reply. */
  get size(): number {
    let size = this.#queue.length;
    for (const lane of this.#allLanes()) size += lane.pending.size;
    return size;
  }

  /** Sends a call to the reader's stream; rejects with UnprocessedCall when none is up. */
  call(request: UserRequest, options: StreamCallOptions): Promise<Recommendation> {
    return new Promise((resolve, reject) => {
      const { signal } = options;
      if (signal?.aborted) return reject(signal.reason);
      if (!this.up) return reject(new UnprocessedCall(NO_STREAM));
      if (this.#queue.length >= this.#queueMax) {
        return reject(
          new Refusal("RESOURCE_EXHAUSTED", "too many calls wait for the recommender", { retryAfterSeconds: 1 }),
        );
      }
      const onAbort =
        signal &&
        (() => {
          if (this.#finish(call, "cancelled")) reject(signal.reason);
        });
      const deadlineAt = performance.now() + options.timeoutMs;
      const state = { lane: undefined, id: 0, isOver: false };
      const call: PendingCall = { request, options, deadlineAt, resolve, reject, onAbort, ...state };
      if (onAbort) signal.addEventListener("abort", onAbort, { once: true });
      this.#queue.push(call);
      this.#deadlines.add(deadlineAt);
      this.#schedule();
    });
  }

  /** Waits for the calls in flight, which deadlines bound, then ends the streams. */
  async close(): Promise<void> {
    this.#closed = true;
    while (this.size > 0) await pause(CLOSE_POLL_MS);
    this.#deadlines.close();
    for (const lane of this.#allLanes()) lane.close();
  }

  *#allLanes(): Iterable<Lane> {
    yield* this.#lanes;
    yield* this.#retiring;
  }

  #openLane(): Lane {
    return new Lane(
      this.channel,
      { ...this.options, withoutTokens: this.options.makeTokens !== undefined },
      {
        reply: (lane, reply) => this.#settle(lane, reply),
        down: (lane, isUnprocessed, reason) => this.#onDown(lane, isUnprocessed, reason),
        ready: () => {
          this.#wasUp = true;
          this.#schedule();
        },
      },
    );
  }

  #schedule(): void {
    if (this.#flushing || this.#queue.length === 0) return;
    this.#flushing = true;
    setImmediate(() => this.#flush());
  }

  /** Sends each call to its reader's stream: one message a stream and tick, and more where one would be too large. */
  #flush(): void {
    this.#flushing = false;
    const now = performance.now();
    const queue = this.#queue;
    this.#queue = [];
    const batches = new Map<Lane, Call[]>();
    let open = this.#openLanes();
    for (const call of queue) {
      if (call.isOver) continue;
      const lane = chooseByReader(call.request.userId, open);
      if (lane === undefined) {
        this.#queue.push(call);
        continue;
      }
      const calls = batches.get(lane) ?? [];
      batches.set(lane, calls);
      calls.push(lane.add(call, now));
      if (calls.length >= CALLS_PER_MESSAGE) {
        lane.write({ calls });
        batches.delete(lane);
      }
      if (lane.capacity <= 0 || !lane.writable) open = this.#openLanes();
    }
    for (const [lane, calls] of batches) lane.write({ calls });
    if (this.#queue.length > 0 && !this.up) this.#rejectQueue();
  }

  #openLanes(): Lane[] {
    return this.#lanes.filter((lane) => lane.up && lane.writable && lane.capacity > 0);
  }

  #rejectQueue(): void {
    const queue = this.#queue;
    this.#queue = [];
    for (const call of queue) {
      if (this.#finish(call, "cancelled")) call.reject(new UnprocessedCall(NO_STREAM));
    }
  }

  #settle(lane: Lane, { id, outcome }: Reply): void {
    const call = lane.pending.get(id);
    if (!call || !this.#finish(call, "answered")) return; // it was over before the reply came
    if (outcome?.$case === "answer") call.resolve(fromAnswerTo(call.request, outcome.answer, this.options.makeTokens));
    else if (outcome) call.reject(fromStatus(outcome.failure.code, outcome.failure.message));
    else call.reject(new Error("the server failed: a reply without outcome"));
  }

  #onDown(lane: Lane, isUnprocessed: boolean, reason: string): void {
    this.#retiring.delete(lane);
    for (const call of [...lane.pending]) {
      const refusal = isUnprocessed ? new UnprocessedCall(reason) : new Refusal("UNAVAILABLE", reason);
      if (this.#finish(call, "cancelled")) call.reject(refusal);
    }
    if (this.up) return;
    this.#rejectQueue();
    if (!this.#wasUp || this.#closed) return;
    // A new channel finds a backend that came back meanwhile at once, this one only when its backoff ends.
    this.#wasUp = false;
    this.channel.renew();
  }

  /** Ends a call once: true for the caller that has to settle it. */
  #finish(call: PendingCall, outcome: CallOutcome): boolean {
    if (call.isOver) return false;
    call.isOver = true;
    if (call.onAbort) call.options.signal?.removeEventListener("abort", call.onAbort);
    call.lane?.remove(call, outcome);
    this.#schedule();
    return true;
  }

  #expire(now: number): number {
    let next = Number.POSITIVE_INFINITY;
    const check = (call: PendingCall) => {
      if (call.isOver) return;
      if (call.deadlineAt > now) next = Math.min(next, call.deadlineAt);
      else if (this.#finish(call, "failed"))
        call.reject(new Refusal("DEADLINE_EXCEEDED", "the recommender took too long"));
    };
    for (const lane of this.#allLanes()) for (const call of lane.pending) check(call);
    for (const call of this.#queue) check(call);
    this.#queue = this.#queue.filter((call) => !call.isOver);
    return next;
  }

  #tick(now: number): void {
    if (this.#closed) return;
    for (const lane of this.#lanes) {
      if (!lane.isSilent(now)) continue;
      this.channel.renew();
      lane.reopen("the stream went silent");
    }
    this.#rotate(now);
    for (const lane of this.#retiring) if (lane.isSilent(now)) lane.close();
    if (now >= this.#spreadAt) this.#spread(now);
  }

  /** Replaces a stream that is old enough, one at a time and while another is up, so that calls keep a stream. */
  #rotate(now: number): void {
    const place = this.#lanes.findIndex((lane) => lane.isDue(now));
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
   * Moves one of the streams that share a backend: the first backend to connect gets all streams, and so does the last one that
   * is left. Attempts come soon at first, and ever less often where there is no other backend.
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
