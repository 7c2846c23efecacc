import type { Json } from "@headline/scheduler";
import type { LinkTimes } from "../core/apply-options.js";
import type { RetryOverride } from "../core/bound-task.js";

/** Message of a call, on its way to a worker. Times are epoch ms. */
export interface TaskMessage {
  readonly id: string;
  readonly task: string;
  readonly args: readonly Json[];
  /** Object passed to the task after `args`. */
  readonly kwargs?: Json;
  readonly queue: string;
  readonly eta: number | null;
  readonly expires: number | null;
  readonly priority: number;
  /** Retries made so far. */
  readonly retries: number;
  readonly retryPolicy?: RetryOverride;
  /** BullMQ's count of stalls when it was last postponed: those are accounted for. */
  readonly silences: number;
  /** Number of the retry whose turn under the rate limit is taken. */
  readonly turnTaken?: number;
  /** Time at which a worker without the task first left it to others, epoch ms. */
  readonly unknownSince?: number;
  /** Has waited for the lease of its task (`overlap`): a later call may have replaced it. */
  readonly waited?: true;
  /** Links after it, in a chain. */
  readonly next?: readonly ChainLink[];
  /** Chord in whose header it is. */
  readonly chord?: ChordPart;
  /** Calls after its success, and after its failure. */
  readonly links?: readonly ChainLink[];
  readonly errorLinks?: readonly ChainLink[];
}

/** Place of a call in the header of a chord. */
export interface ChordPart {
  readonly id: string;
  readonly index: number;
  readonly size: number;
  /** Call that receives the results. */
  readonly body: ChainLink;
}

/** Later link of a chain; its id is set from the start, its times when the link before it ends. */
export type ChainLink = Pick<
  TaskMessage,
  "id" | "task" | "args" | "kwargs" | "queue" | "priority" | "retryPolicy" | "links" | "errorLinks"
> &
  LinkTimes & {
    /** Receives nothing in front of its arguments. */
    readonly immutable?: true;
  };
