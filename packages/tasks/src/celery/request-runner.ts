import { hostname } from "node:os";
import type { Clock, Json, Logger } from "@headline/scheduler";
import { isA, jsonValue, thrownLine } from "@headline/scheduler/kit";
import { BoundTask, RetryRequested } from "../core/bound-task.js";
import { ChordError, SoftTimeLimitExceededError, TaskRevokedError, WorkerLostError } from "../core/task-errors.js";
import { endingError, timeLimited } from "../core/time-limited.js";
import type { CallPublisher } from "./call-publisher.js";
import type { EventSender } from "./event-sender.js";
import { toWireFailure } from "./failure.js";
import { toIsoTime } from "./iso-time.js";
import type { Request } from "./request.js";
import type { CeleryResults, Outcome } from "./results.js";
import type { TaskCall, WireSignature } from "./task-call.js";
import { MAY_REPEAT } from "./wire-message.js";

interface RequestRunnerParts {
  readonly publisher: CallPublisher;
  readonly results: CeleryResults;
  readonly events: EventSender;
  readonly abortGraceMs: number;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
}

/** Reason of a signal that a shutdown aborts. */
export class WorkerShutdown extends Error {
  constructor() {
    super("the worker is shut down");
  }
}

const MAX_DELIVERIES = 5;

/** Runs a request from its start to its final state. */
export class RequestRunner {
  constructor(private readonly parts: RequestRunnerParts) {}

  async run(request: Request): Promise<void> {
    if (!(await this.#mayBegin(request))) return;
    const { call, controller } = request;
    const { clock, events } = this.parts;
    request.startedAt = clock.now();
    events.task("started", call.id);
    await this.#store(request, {
      state: "STARTED",
      result: { pid: process.pid, hostname: hostname(), retries: call.retries },
    });
    const self = this.#selfOf(request);
    try {
      const value = await this.#settled(request, self);
      await this.#succeed(request, value);
    } catch (error) {
      const reason: unknown = controller.signal.reason;
      if (reason instanceof WorkerShutdown) await this.#shutDown(request);
      else if (isA(reason, TaskRevokedError)) await this.revoke(request, reason, { isTerminated: true });
      else await this.#retryOrFail(request, self, error);
    }
  }

  /** Ends a request that was revoked, terminated or has expired. */
  async revoke(
    request: Request,
    reason: TaskRevokedError,
    { isTerminated = false, isExpired = false } = {},
  ): Promise<void> {
    const { call } = request;
    this.parts.logger.info(`Task ${call.task} (${call.id}) is revoked: ${reason.message}`);
    const signum = isTerminated ? "SIGTERM" : null;
    this.parts.events.task("revoked", call.id, { terminated: isTerminated, signum, expired: isExpired });
    const { failure } = toWireFailure(reason);
    await this.#store(request, { state: "REVOKED", result: failure });
    await this.#endOfChordPart(call, "REVOKED", failure);
    await acknowledge(request);
  }

  // ── before it begins ────────────────────────────────────────────────────────────────────────────────────────────

  /**
   * Acknowledges an early task; false when another worker has it by now, or has begun it. A late one that was delivered before is skipped after
   * its SUCCESS, and given up after `maxDeliveries`.
   */
  async #mayBegin(request: Request): Promise<boolean> {
    const { call, task, delivery } = request;
    const { results } = this.parts;
    const mayBeCopy = delivery.redelivered || call.headers[MAY_REPEAT] === true;
    if (task.definition.acksLate !== true) {
      if (!mayBeCopy || !(await results.hasBegun(call.id, call.retries))) return acknowledge(request);
      await acknowledge(request);
      return false;
    }
    if (!mayBeCopy) return true;
    if ((await results.state(call.id)) === "SUCCESS") {
      await acknowledge(request);
      return false;
    }
    if (!delivery.redelivered) return true;
    const deliveries = await results.countRedelivery(call.id);
    if (deliveries < (task.definition.maxDeliveries ?? MAX_DELIVERIES)) return true;
    await this.#fail(
      request,
      new WorkerLostError(`${deliveries} workers died or went silent while they ran it; it is not begun again`),
    );
    return false;
  }

  // ── while it runs ───────────────────────────────────────────────────────────────────────────────────────────────

  #settled({ call, task, controller }: Request, self: BoundTask): Promise<unknown> {
    const { abortGraceMs, clock } = this.parts;
    const { args, kwargs } = call;
    const [hard, soft] = call.timeLimits;
    const work = async () => task.body(self, Object.keys(kwargs).length === 0 ? args : [...args, kwargs]);
    return timeLimited(work, {
      controller,
      softMs: soft === null ? task.definition.softTimeoutMs : soft * 1_000,
      hardMs: hard === null ? task.definition.timeoutMs : hard * 1_000,
      graceMs: abortGraceMs,
      clock,
    });
  }

  #selfOf({ call, task, delivery, controller }: Request): BoundTask {
    const { id, args, kwargs, retries, eta, expires } = call;
    const request = {
      ...{ id, args, kwargs, retries, task: call.task, queue: delivery.queue, calledDirectly: false },
      eta: eta === null ? null : new Date(eta),
      expires: expires === null ? null : new Date(expires),
      redelivered: delivery.redelivered,
    };
    const { clock, random } = this.parts;
    const around = { definition: task.definition, override: {}, now: clock.now, random };
    return new BoundTask(request, controller.signal, around);
  }

  // ── when it has ended ───────────────────────────────────────────────────────────────────────────────────────────

  /** Sends what follows, then stores the result, then acknowledges a late task: none of these is lost with the worker. */
  async #succeed(request: Request, value: unknown): Promise<void> {
    const { call, startedAt = 0 } = request;
    const { logger, events, clock } = this.parts;
    const warn = () => logger.warn(`The result of task ${call.task} (${call.id}) cannot be kept: it is not JSON`);
    const result = jsonValue(value, warn) ?? null;
    const children = await this.#sendFollowing(call, result);
    await this.#store(request, { state: "SUCCESS", result, children });
    await this.#endOfChordPart(call, "SUCCESS", result);
    await acknowledge(request);
    events.task("succeeded", call.id, { result: reprOf(result), runtime: (clock.now() - startedAt) / 1_000 });
  }

  /** Sends the callbacks, and the next link of the chain, each with the result in front of its arguments. */
  async #sendFollowing({ id, rootId, embed }: TaskCall, result: Json): Promise<readonly string[]> {
    const around = { args: [result], parentId: id, rootId };
    const children: string[] = [];
    for (const callback of embed.callbacks) children.push(...(await this.parts.publisher.apply(callback, around)));
    const next = embed.chain.at(-1);
    if (next !== undefined)
      children.push(...(await this.parts.publisher.apply(next, { ...around, chain: embed.chain.slice(0, -1) })));
    return children;
  }

  async #retryOrFail(request: Request, self: BoundTask, error: unknown): Promise<void> {
    const { signal } = request.controller;
    const isOver = signal.aborted && !isA(signal.reason as unknown, SoftTimeLimitExceededError);
    const retry = isA(error, RetryRequested) ? error : signal.aborted ? undefined : self.automaticRetry(error);
    if (retry === undefined || isOver) await this.#fail(request, endingError(error, signal));
    else await this.#retry(request, retry);
  }

  /** Sends the call again under its id, with what follows it. */
  async #retry(request: Request, { at, cause }: RetryRequested): Promise<void> {
    const { call, delivery } = request;
    const { failure, traceback } = toWireFailure(cause);
    await this.#store(request, { state: "RETRY", result: failure, traceback }); // before the retry stores its own state
    await this.parts.publisher.publish({ ...call, eta: at, retries: call.retries + 1 }, delivery.queue);
    await acknowledge(request);
    this.parts.events.task("retried", call.id, { exception: exceptionText(failure), traceback });
  }

  async #fail(request: Request, thrown: unknown): Promise<void> {
    const { call } = request;
    const { logger, events } = this.parts;
    const { failure, traceback } = toWireFailure(thrown);
    await this.#store(request, { state: "FAILURE", result: failure, traceback });
    await this.#endOfChordPart(call, "FAILURE", failure);
    await this.#failChain(request, failure, traceback);
    await this.#sendErrbacks(call.id, call.rootId, call.embed.errbacks);
    await this.#deadLetter(request, exceptionText(failure));
    await acknowledge(request);
    events.task("failed", call.id, { exception: exceptionText(failure), traceback });
    logger.debug(`Task ${call.task} (${call.id}) ended: ${thrownLine(thrown)}`);
  }

  /** Puts a call that has failed for good into the queue of such calls, with the reason. */
  async #deadLetter({ call, task, delivery }: Request, reason: string): Promise<void> {
    const { deadLetterQueue } = task.definition;
    if (deadLetterQueue === undefined) return;
    const headers = { ...call.headers, dead_letter: { queue: delivery.queue, reason } };
    await this.parts.publisher.publish({ ...call, headers }, deadLetterQueue);
  }

  /** Ends what a shutdown does not wait for: a late task goes back to its queue, an early one has failed. */
  async #shutDown(request: Request): Promise<void> {
    if (request.task.definition.acksLate === true) await request.delivery.requeue();
    else await this.#fail(request, new WorkerLostError("its worker was shut down"));
  }

  /** Fails the later links of a chain: they never begin, and callers that wait for them must know. */
  async #failChain({ call, task }: Request, result: unknown, traceback: string): Promise<void> {
    for (const { options = {} } of call.embed.chain) {
      const { task_id: id, group_id: groupId, group_index: groupIndex, chord } = options;
      if (typeof id !== "string") continue;
      if (task.definition.ignoreResult !== true)
        await this.parts.results.store(id, { state: "FAILURE", result, traceback, parentId: call.id });
      const place = { groupId: textOf(groupId), groupIndex: typeof groupIndex === "number" ? groupIndex : null };
      const body = (chord ?? null) as WireSignature | null;
      await this.#endOfPart({ id, rootId: call.rootId, ...place, body }, "FAILURE", result);
    }
  }

  /** Sends the calls for a failure, with the id of the call that failed in front of their arguments. */
  async #sendErrbacks(id: string, rootId: string, errbacks: readonly WireSignature[]): Promise<void> {
    for (const errback of errbacks) await this.parts.publisher.apply(errback, { args: [id], parentId: id, rootId });
  }

  #endOfChordPart(call: TaskCall, state: Outcome["state"], result: unknown): Promise<void> {
    const { id, rootId, groupId, groupIndex } = call;
    return this.#endOfPart({ id, rootId, groupId, groupIndex, body: call.embed.chord }, state, result);
  }

  /** Adds the outcome to its chord; the last part sends the body, or fails it. */
  async #endOfPart(part: ChordMembership, state: Outcome["state"], result: unknown): Promise<void> {
    const { id, rootId, groupId, groupIndex, body } = part;
    if (body === null || groupId === null) return;
    const { results, publisher } = this.parts;
    const ended = await results.chordPart({ groupId, groupIndex, id, state, result });
    if (ended === undefined) return;
    if (ended.failed === undefined) await publisher.apply(body, { args: [[...ended.results]], parentId: id, rootId });
    else await this.#failBody(body, rootId, `Dependency ${ended.failed.id} raised ${ended.failed.error}`);
    await results.endChord(groupId);
  }

  async #failBody({ options = {} }: WireSignature, rootId: string, reason: string): Promise<void> {
    const id = textOf(options["task_id"]);
    if (id === null) return;
    const { failure, traceback } = toWireFailure(new ChordError(reason));
    await this.parts.results.store(id, { state: "FAILURE", result: failure, traceback });
    const errbacks = options["link_error"] ?? [];
    await this.#sendErrbacks(id, rootId, (Array.isArray(errbacks) ? errbacks : [errbacks]) as WireSignature[]);
  }

  async #store({ call, task }: Request, outcome: Outcome): Promise<void> {
    if (call.ignoreResult || task.definition.ignoreResult === true) return;
    const { groupId, parentId } = call;
    await this.parts.results.store(call.id, { ...outcome, groupId, parentId });
  }
}

interface ChordMembership {
  readonly id: string;
  readonly rootId: string;
  readonly groupId: string | null;
  readonly groupIndex: number | null;
  readonly body: WireSignature | null;
}

/** Acknowledges a request once; false when it is another worker's by now. */
async function acknowledge(request: Request): Promise<boolean> {
  if (request.isAcknowledged) return true;
  request.isAcknowledged = true;
  return request.delivery.ack();
}

/** Fields of the event by which monitors show a call. */
export function receivedFields({ call }: Request): Readonly<Record<string, unknown>> {
  return {
    name: call.task,
    args: reprOf(call.args),
    kwargs: reprOf(call.kwargs),
    root_id: call.rootId,
    parent_id: call.parentId,
    retries: call.retries,
    eta: call.eta === null ? null : toIsoTime(call.eta),
    expires: call.expires === null ? null : toIsoTime(call.expires),
  };
}

const REPR_MAX = 1_024;

function reprOf(value: unknown): string {
  return JSON.stringify(value).slice(0, REPR_MAX);
}

function exceptionText({ exc_type: type, exc_message: message }: ReturnType<typeof toWireFailure>["failure"]): string {
  const parts = Array.isArray(message) ? message : [message];
  return `${type}(${parts.map((part) => JSON.stringify(part)).join(", ")})`;
}

function textOf(value: unknown): string | null {
  return typeof value === "string" && value !== "" ? value : null;
}
