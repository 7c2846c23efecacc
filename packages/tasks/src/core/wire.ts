import type { ApplyOptions, Signature } from "./apply-options.js";
import type { ResultSource } from "./async-result.js";
import type { TaskDefinition } from "./definition.js";
import type { TaskWorker, TaskWorkerOptions } from "./task-worker.js";

/** Wire between an app and its workers: BullMQ's, or Celery's. Nothing connects before it is needed. */
export interface Wire extends ResultSource {
  /** Sends a call; returns its id. Throws a NotSendableError that names the argument, or a BrokerUnavailableError. */
  send(task: string, options: ApplyOptions): Promise<string>;
  /** Sends the first link of a chain, with the others in its message; returns all ids in order. */
  sendChain(links: readonly Signature[]): Promise<readonly string[]>;
  /** Sends the calls of a header, the last of which to end sends the body with their results; returns the body's id. */
  sendChord(header: readonly Signature[], body: Signature): Promise<string>;
  /** Throws on a policy that this wire cannot keep. */
  checkDefinition(name: string, definition: TaskDefinition): void;
  worker(options: TaskWorkerOptions, onClosed: () => void): TaskWorker;
  close(): Promise<void>;
}
