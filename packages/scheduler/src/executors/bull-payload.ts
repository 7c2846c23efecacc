import type { Ack } from "../core/job-record.js";
import type { Json } from "../core/json.js";

/** What travels to a worker. */
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
  /** When a worker that does not know the task first left it to others, epoch ms. */
  readonly unknownSince?: number;
}

/** What tells one attempt at one execution from all others. */
type AttemptKey = Pick<BullPayload, "executionId" | "attempt">;

/** The key whose presence asks a worker to stop this attempt. */
export function cancelKey(prefix: string, queue: string, { executionId, attempt }: AttemptKey): string {
  return `${prefix}:${queue}:cancel:${executionId}:${attempt}`;
}

/** The key that the first worker to start this attempt of an early run sets. */
export function startedKey(prefix: string, queue: string, { executionId, attempt }: AttemptKey): string {
  return `${prefix}:${queue}:started:${executionId}:${attempt}`;
}
