import type { Json } from "../core/json.js";
import type { Ack } from "../core/task.js";

/** Run as a BullMQ job carries it to a worker. */
export interface BullPayload {
  readonly executionId: string;
  readonly jobId: string;
  readonly jobName: string;
  readonly scheduledAt: number;
  readonly attempt: number;
  readonly args: readonly Json[];
  readonly kwargs?: Json;
  readonly timeoutMs: number | null;
  readonly ack: Ack;
  readonly maxDeliveries: number;
  /** Time at which a worker without the task first left it to others, epoch ms. */
  readonly unknownSince?: number;
}

/** Identity of an attempt at an execution. */
type AttemptKey = Pick<BullPayload, "executionId" | "attempt">;

/** Key whose presence cancels this attempt. */
export function cancelKey(prefix: string, queue: string, { executionId, attempt }: AttemptKey): string {
  return `${prefix}:${queue}:cancel:${executionId}:${attempt}`;
}

/** Key that the first worker to start this attempt of an early run sets. */
export function startedKey(prefix: string, queue: string, { executionId, attempt }: AttemptKey): string {
  return `${prefix}:${queue}:started:${executionId}:${attempt}`;
}
