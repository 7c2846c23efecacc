import { type handleUnaryCall, Metadata, type ServerUnaryCall, type sendUnaryData, status } from "@grpc/grpc-js";
import { CallLife } from "./call-life.js";
import type { InFlightGate } from "./in-flight.js";
import { metadataRefusal } from "./metadata-bound.js";
import { codeName, codeOf, type ObserveCall } from "./observe.js";
import { type FailureStatus, refusalStatus, toStatus } from "./status.js";

/** Call of a handler, besides its request. */
export interface CallContext {
  /** Aborts when the caller is gone or the deadline has passed. */
  readonly signal: AbortSignal;
  /** Milliseconds until the deadline, as of the moment of reading. */
  readonly deadlineMs: number;
  /** Request metadata. */
  readonly metadata: Metadata;
  /** W3C traceparent of the call. */
  readonly traceparent: string | undefined;
  /** Sends header metadata; once, before the response. Values are ASCII. */
  sendMetadata(entries: Readonly<Record<string, string>>): void;
}

/** Serves one call: resolves with the response, or rejects with a Refusal. */
export type UnaryHandler<Request, Response> = (request: Request, context: CallContext) => Promise<Response> | Response;

/** Limits and observers of the handlers of a service. */
export interface Edge {
  /** Receives every error that is not a Refusal, once, with the traceparent of its call where it had one. */
  readonly onBug: (error: unknown, traceparent?: string) => void;
  readonly observe?: ObserveCall;
  /** Bounds the calls in progress. */
  readonly gate?: InFlightGate;
  /** Upper bound of a call's deadline. Default 10 s. */
  readonly limitMs?: number;
  /** Upper bound of the time by which a call ends before its client's deadline, a tenth of the call's time. Default 10 ms. */
  readonly leadMsMax?: number;
  /** Upper bound of request metadata. Default 8 KiB. */
  readonly metadataBytesMax?: number;
}

const LIMIT_MS = 10_000;
/**
 * A client that has no answer at its deadline resets the stream, and Node ends a connection after 1,000 resets and 33 a second.
 * So the answer leaves a little earlier; less earlier than a client's retry would need.
 */
const LEAD_MS_MAX = 10;
const LEAD_SHARE = 0.1;

/**
 * Makes a grpc-js handler of an async function: a Refusal becomes its status, any other error INTERNAL; neither ends the process.
 */
export function unary<Request, Response>(
  handler: UnaryHandler<Request, Response>,
  edge: Edge,
): handleUnaryCall<Request, Response> {
  return (call, callback) => {
    const refused = refuse(call.metadata, edge);
    if (refused) {
      edge.observe?.(methodName(call.getPath()), codeName(refused.code), 0, undefined);
      return callback(refused);
    }
    if (call.cancelled) return edge.gate?.leave();
    answer(handler, call, callback, edge).catch(edge.onBug);
  };
}

async function answer<Request, Response>(
  handler: UnaryHandler<Request, Response>,
  call: ServerUnaryCall<Request, Response>,
  callback: sendUnaryData<Response>,
  edge: Edge,
): Promise<void> {
  const context = new UnaryContext(call, edge);
  call.once("cancelled", () => context.cancel());
  const limit = setTimeout(() => {
    context.expire();
    callback({ code: status.DEADLINE_EXCEEDED, details: "deadline exceeded" });
  }, context.deadlineMs);
  limit.unref();
  try {
    const response = await handler(call.request, context);
    if (!context.ended) callback(null, response);
    observe(context.endedAs ?? "OK");
  } catch (error) {
    if (!context.isCauseOf(error)) {
      const failure = toStatus(error, (bug) => edge.onBug(bug, context.traceparent));
      if (!context.ended) callback(failure);
    }
    observe(context.endedAs ?? codeOf(error));
  } finally {
    clearTimeout(limit);
    edge.gate?.leave();
  }

  function observe(code: string): void {
    edge.observe?.(methodName(call.getPath()), code, performance.now() - context.startedAt, context.traceparent);
  }
}

/** `user_recommend` of `/UserRecommend/user_recommend`. */
function methodName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** Admits a call by its metadata and the gate; returns the status to refuse it with, or undefined. */
export function refuse(metadata: Metadata, edge: Edge): FailureStatus | undefined {
  const refused = metadataRefusal(metadata, edge.metadataBytesMax);
  if (refused !== undefined) return refused;
  return edge.gate && !edge.gate.enter() ? refusalStatus(edge.gate.refusal) : undefined;
}

class UnaryContext<Request, Response> extends CallLife implements CallContext {
  constructor(
    private readonly call: ServerUnaryCall<Request, Response>,
    { limitMs = LIMIT_MS, leadMsMax = LEAD_MS_MAX }: Edge,
  ) {
    const clientMs = Math.max(0, Number(call.getDeadline()) - Date.now());
    super(performance.now() + Math.min(clientMs - Math.min(clientMs * LEAD_SHARE, leadMsMax), limitMs));
  }

  get metadata(): Metadata {
    return this.call.metadata;
  }

  get traceparent(): string | undefined {
    return this.#text("traceparent");
  }

  sendMetadata(entries: Readonly<Record<string, string>>): void {
    const metadata = new Metadata();
    for (const [key, value] of Object.entries(entries)) metadata.set(key, value);
    this.call.sendMetadata(metadata);
  }

  #text(key: string): string | undefined {
    return this.call.metadata.get(key)[0]?.toString();
  }
}
