import { type handleBidiStreamingCall, Metadata, type ServerDuplexStream, status } from "@grpc/grpc-js";
import { CallLife, codeOf, DeadlineSweep, type Drains, type Edge, refuse, toStatus } from "@headline/grpc";
import { Slots } from "@headline/service/slots";
import type {
  Call,
  Failure,
  Reply,
  StreamRecommendationsRequest,
  StreamRecommendationsResponse,
} from "./gen/headline/recommend/v1/recommend.js";
import { UserRequest } from "./gen/user_recommend.js";
import { type Recommend, type RecommendContext, toAnswer } from "./recommendation.js";

interface BatchOptions extends Edge {
  /** Calls in flight on one stream; further calls are RESOURCE_EXHAUSTED. Default 1,024. */
  readonly callsMax?: number;
}

type Stream = ServerDuplexStream<StreamRecommendationsRequest, StreamRecommendationsResponse>;

/** Name of a call on a stream, for observers. */
const METHOD = "StreamRecommendations";
const CALLS_MAX = 1_024;
const LIMIT_MS = 10_000;
/** Calls begun in one turn of the event loop, so that their reads are sent and replies are read between the turns. */
const CALLS_PER_TURN = 4;
/** Keeps a message of the largest replies far below the 4 MiB that every client accepts. */
const REPLIES_PER_MESSAGE = 128;

/** Serves StreamRecommendations: the calls of all batches run concurrently, each with its own deadline and outcome. */
export function recommendBatches(
  recommend: Recommend,
  options: BatchOptions,
): handleBidiStreamingCall<StreamRecommendationsRequest, StreamRecommendationsResponse> & Drains {
  const conversations = new Set<Conversation>();
  let draining = false;
  const open = (stream: Stream): void => {
    const { gate: _, ...edge } = options;
    const refused = refuse(stream.metadata, edge);
    if (refused) {
      stream.emit("error", refused);
      return;
    }
    const conversation = new Conversation(stream, recommend, options, () => conversations.delete(conversation));
    conversations.add(conversation);
    if (draining) conversation.drain();
  };
  return Object.assign(open, {
    drain() {
      draining = true;
      for (const conversation of conversations) conversation.drain();
    },
  });
}

class BatchedCall extends CallLife implements RecommendContext {
  /** Slot among the calls in flight. */
  slot = 0;

  constructor(
    private readonly call: Call,
    deadlineAt: number,
  ) {
    super(deadlineAt);
  }

  get id(): number {
    return this.call.id;
  }

  get request(): UserRequest {
    return this.call.request ?? UserRequest.create();
  }

  get dryRun(): boolean {
    return this.call.dryRun;
  }

  get withoutTokens(): boolean {
    return this.call.withoutTokens ?? false;
  }

  get traceparent(): string | undefined {
    return this.call.traceparent || undefined;
  }
}

/** One stream: calls that are read and not answered, and replies that are not written. */
class Conversation {
  readonly #inFlight = new Slots<BatchedCall>();
  readonly #deadlines = new DeadlineSweep((now) => this.#expire(now));
  readonly #callsMax: number;
  readonly #limitMs: number;
  /** Calls that are read and not begun. */
  #waiting: BatchedCall[] = [];
  #ready: Reply[] = [];
  #flushing = false;
  #blocked = false;
  #reading = true;
  #ended = false;

  constructor(
    private readonly stream: Stream,
    private readonly recommend: Recommend,
    private readonly options: BatchOptions,
    onEnd: () => void,
  ) {
    this.#callsMax = options.callsMax ?? CALLS_MAX;
    this.#limitMs = options.limitMs ?? LIMIT_MS;
    // Header metadata confirms to the client that the stream is accepted.
    stream.sendMetadata(new Metadata());
    stream.on("data", (message) => this.#read(message));
    stream.on("end", () => this.drain());
    stream.on("drain", () => this.#unblock());
    stream.on("error", () => this.#abandon());
    stream.once("cancelled", () => this.#abandon());
    stream.once("close", () => {
      this.#abandon();
      onEnd();
    });
  }

  /** Stops reading, answers the calls that were read, then half-closes. */
  drain(): void {
    this.#reading = false;
    this.stream.pause();
    this.#endWhenDone();
  }

  #read({ calls }: StreamRecommendationsRequest): void {
    if (!this.#reading) return;
    const wereWaiting = this.#waiting.length > 0;
    for (const call of calls) this.#admit(call);
    if (!wereWaiting) this.#beginSome();
  }

  #admit(call: Call): void {
    const full = this.#inFlight.size >= this.#callsMax ? "too many calls in flight on this stream" : this.#refusal();
    if (full) {
      this.options.observe?.(METHOD, "RESOURCE_EXHAUSTED", 0, call.traceparent || undefined);
      this.#reply(call.id, failure(status.RESOURCE_EXHAUSTED, full));
      return;
    }
    const timeoutMs = call.timeoutMs === 0 ? this.#limitMs : Math.min(call.timeoutMs, this.#limitMs);
    const batched = new BatchedCall(call, performance.now() + timeoutMs);
    batched.slot = this.#inFlight.put(batched);
    this.#deadlines.add(batched.deadlineAt);
    this.#waiting.push(batched);
  }

  #beginSome(): void {
    for (const call of this.#waiting.splice(0, CALLS_PER_TURN)) {
      if (call.ended) this.#skip(call);
      else this.#answer(call).catch(this.options.onBug);
    }
    if (this.#waiting.length > 0) setImmediate(() => this.#beginSome());
  }

  /** Reports a call that ended before it was begun. */
  #skip(call: BatchedCall): void {
    this.#observe(call, call.endedAs ?? "OK");
    this.options.gate?.leave();
  }

  /** Admits a call by the gate; returns the message to refuse it with, or undefined. */
  #refusal(): string | undefined {
    const { gate } = this.options;
    return gate && !gate.enter() ? gate.refusal.message : undefined;
  }

  async #answer(batched: BatchedCall): Promise<void> {
    try {
      const recommendation = await this.recommend(batched.request, batched);
      this.#settle(batched, { $case: "answer", answer: toAnswer(recommendation) });
      this.#observe(batched, batched.endedAs ?? "OK");
    } catch (error) {
      if (!batched.isCauseOf(error)) {
        const { code, details } = toStatus(error, (bug) => this.options.onBug(bug, batched.traceparent));
        this.#settle(batched, failure(code, details));
      }
      this.#observe(batched, batched.endedAs ?? codeOf(error));
    } finally {
      this.options.gate?.leave();
    }
  }

  #observe(call: BatchedCall, code: string): void {
    this.options.observe?.(METHOD, code, performance.now() - call.startedAt, call.traceparent);
  }

  #expire(now: number): number {
    let next = Number.POSITIVE_INFINITY;
    for (const call of this.#inFlight) {
      if (call.deadlineAt > now) next = Math.min(next, call.deadlineAt);
      else {
        call.expire();
        this.#settle(call, failure(status.DEADLINE_EXCEEDED, "deadline exceeded"));
      }
    }
    return next;
  }

  /** Replies with the first outcome of a call; later ones are dropped. */
  #settle(call: BatchedCall, outcome: Reply["outcome"]): void {
    if (this.#inFlight.take(call.slot) !== undefined) this.#reply(call.id, outcome);
  }

  #reply(id: number, outcome: Reply["outcome"]): void {
    if (this.#ended) return;
    this.#ready.push({ id, outcome });
    if (this.#flushing || this.#blocked) return;
    this.#flushing = true;
    setImmediate(() => this.#flush());
  }

  /** Sends the replies of one event-loop tick together; stops reading while the client does not read. */
  #flush(): void {
    this.#flushing = false;
    while (this.#ready.length > 0 && !this.#blocked && !this.#ended) {
      const replies =
        this.#ready.length <= REPLIES_PER_MESSAGE ? this.#ready : this.#ready.slice(0, REPLIES_PER_MESSAGE);
      this.#ready = this.#ready.length === replies.length ? [] : this.#ready.slice(replies.length);
      if (!this.stream.write({ replies })) {
        this.#blocked = true;
        this.stream.pause();
      }
    }
    this.#endWhenDone();
  }

  #unblock(): void {
    this.#blocked = false;
    if (this.#reading) this.stream.resume();
    this.#flush();
  }

  #endWhenDone(): void {
    if (this.#reading || this.#ended || this.#inFlight.size > 0 || this.#ready.length > 0) return;
    this.#ended = true;
    this.#deadlines.close();
    this.stream.end();
  }

  /** Cancels the calls in flight of a client that is gone. */
  #abandon(): void {
    this.#reading = false;
    this.#ended = true;
    this.#ready = [];
    this.#deadlines.close();
    for (const call of this.#inFlight) call.cancel();
    this.#inFlight.clear();
  }
}

function failure(code: number, message: string): { $case: "failure"; failure: Failure } {
  return { $case: "failure", failure: { code, message } };
}
