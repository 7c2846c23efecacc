import { Refusal } from "@headline/service/errors";
import type { UserRequest } from "./gen/user_recommend.js";
import type { Recommendation } from "./recommendation.js";

export interface StreamCallOptions {
  readonly timeoutMs: number;
  readonly dryRun?: boolean | undefined;
  readonly traceparent?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Outcome of a call as its lane sees it: the server answered, it did not in time, or the call was cancelled here. */
export type CallOutcome = "answered" | "failed" | "cancelled";

/** Call that waits for a stream, or for its reply. */
export interface PendingCall {
  readonly request: UserRequest;
  readonly options: StreamCallOptions;
  readonly deadlineAt: number;
  readonly resolve: (recommendation: Recommendation) => void;
  readonly reject: (reason: unknown) => void;
  readonly onAbort: (() => void) | undefined;
  /** Stream it was sent on. */
  lane: { remove(call: PendingCall, outcome: CallOutcome): void } | undefined;
  id: number;
  isOver: boolean;
}

/** Refusal of a call that no server processed: repeating it is no retry, and costs no budget. */
export class UnprocessedCall extends Refusal {
  constructor(message: string) {
    super("UNAVAILABLE", message);
  }
}
