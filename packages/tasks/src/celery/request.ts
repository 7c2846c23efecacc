import type { RegisteredTask } from "../core/task-registry.js";
import type { TaskCall } from "./task-call.js";
import type { Delivery } from "./transport.js";

/** Call that a worker has taken, until it has ended or gone back. */
export interface Request {
  readonly call: TaskCall;
  readonly task: RegisteredTask;
  /** Message of the call; another one when it was delivered again meanwhile. */
  delivery: Delivery;
  /** Aborted at its limits, when it is terminated, and at a shutdown that does not wait. */
  readonly controller: AbortController;
  isAcknowledged: boolean;
  /** Whether its turn under the rate limit is taken. */
  hasTurn: boolean;
  /** Epoch ms; undefined before it begins. */
  startedAt: number | undefined;
}

export function newRequest(call: TaskCall, task: RegisteredTask, delivery: Delivery): Request {
  return {
    ...{ call, task, delivery, controller: new AbortController() },
    ...{ isAcknowledged: false, hasTurn: false, startedAt: undefined },
  };
}

/** Request as `inspect` shows it. */
export function describeRequest(request: Request, hostname: string): Readonly<Record<string, unknown>> {
  const { call, delivery, startedAt, isAcknowledged } = request;
  return {
    id: call.id,
    name: call.task,
    args: call.args,
    kwargs: call.kwargs,
    type: call.task,
    hostname,
    time_start: startedAt === undefined ? null : startedAt / 1_000,
    acknowledged: isAcknowledged,
    delivery_info: {
      exchange: "",
      routing_key: delivery.queue,
      priority: call.priority,
      redelivered: delivery.redelivered,
    },
    worker_pid: startedAt === undefined ? null : process.pid,
  };
}
