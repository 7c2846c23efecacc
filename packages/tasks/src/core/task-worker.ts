import type { ShutdownOptions } from "@headline/scheduler";

/** Options of a worker; times are milliseconds. */
export interface TaskWorkerOptions {
  /** Queues to take tasks from. Default: the app's default queue. */
  readonly queues?: readonly string[];
  /** Tasks at once; with BullMQ, of each queue. Default 10. */
  readonly concurrency?: number;
  /** Time for a task to end after its signal was aborted; then its place is given to another. Default 5,000. */
  readonly abortGraceMs?: number;
  /** SIGTERM and SIGINT close the worker, letting its tasks finish; a second one does not wait. Default false. */
  readonly signals?: boolean;
  /**
   * BullMQ: lock of a task, ms; a worker that is silent for longer loses its tasks. Default 30,000. It is renewed at half of
   * that, so a body that blocks the event loop for longer counts as dead; a real death is noticed after one and a half of it.
   */
  readonly lockMs?: number;
  /** BullMQ: interval of polling for requests to terminate. Default 500. */
  readonly terminatePollMs?: number;
  /**
   * BullMQ: time for which an unknown task is left to other workers; then it fails (NotRegisteredError). Longer than a
   * rolling update takes is best; 0 fails it at once. Default 20,000.
   */
  readonly unknownTaskMs?: number;
  /** Celery: name before the `@` of its node name. Default `node-<pid>-<random>`. */
  readonly name?: string;
  /** Celery: messages taken ahead of free places, at most. Default three for each place. */
  readonly prefetch?: number;
  /**
   * Celery on Redis: silence after which the messages of a worker go back to their queues, ms. Default an hour, Celery's own;
   * it is one setting for all workers of a broker. A live worker renews its messages, however long they wait or run.
   */
  readonly visibilityTimeoutMs?: number;
  /** Celery: sends the events of tasks, as `celery worker -E` does. Default false; `enable_events` turns them on. */
  readonly taskEvents?: boolean;
}

/** Runs the tasks of an app; made by `app.worker(…)`. Any number of workers, in any processes, share the queues. */
export interface TaskWorker extends AsyncDisposable {
  readonly id: string;
  /** Starts to take tasks; resolves once it does. A worker is started once. */
  start(): Promise<this>;
  /** Starts, and resolves when the worker is closed: the last line of a worker's main file. */
  run(): Promise<void>;
  /**
   * Takes no more tasks and lets running ones finish, for up to `timeoutMs`. Those that still run then, or at once without
   * `wait`, are aborted: a late one goes back to its queue, an early one ends as FAILURE (WorkerLostError).
   */
  close(options?: ShutdownOptions): Promise<void>;
}
