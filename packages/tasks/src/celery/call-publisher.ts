import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import type { Clock, Json } from "@headline/scheduler";
import { fromIsoTime } from "./iso-time.js";
import type { CeleryResults } from "./results.js";
import { encodeCall, InvalidTaskError, type TaskCall, type WireSignature } from "./task-call.js";
import type { Transport } from "./transport.js";

interface CallPublisherOptions {
  readonly transport: Transport;
  readonly results: CeleryResults;
  /** Returns the queue of calls of a task that name none. */
  readonly queueOf: (task: string) => string;
  readonly clock: Clock;
}

/** Circumstances under which a signature is applied. */
export interface Application {
  /** Arguments in front of its own, unless it is immutable. */
  readonly args?: readonly Json[];
  /** Later links of the chain in which it is, the last first. */
  readonly chain?: readonly WireSignature[];
  /** Chord in whose header it is. */
  readonly chord?: WireSignature;
  readonly groupId?: string;
  readonly groupIndex?: number;
  readonly parentId?: string;
  readonly rootId?: string;
}

type Options = Readonly<Record<string, unknown>>;

/** Levels of groups, chains and chords within one another, at most. */
const DEPTH_MAX = 50;

/** Sends calls, and what signatures stand for: calls, chains, groups and chords. */
export class CallPublisher {
  readonly #origin = `gen${process.pid}@${hostname()}`;

  constructor(private readonly options: CallPublisherOptions) {}

  async publish(call: TaskCall, queue: string): Promise<void> {
    await this.options.transport.publish(queue, encodeCall(call, this.#origin));
  }

  /** Sends what a signature stands for; returns the ids of the calls that were sent. */
  async apply(signature: WireSignature, application: Application = {}, depth = 0): Promise<readonly string[]> {
    if (depth > DEPTH_MAX) throw new InvalidTaskError(`signature: more than ${DEPTH_MAX} levels`);
    switch (kindOf(signature)) {
      case "chain":
        return this.#applyChain(signature, application, depth);
      case "group":
        return this.#applyGroup(signature, application, depth);
      case "chord":
        return this.#applyChord(signature, application, depth);
      default:
        return [await this.#applyTask(signature, application)];
    }
  }

  async #applyTask(signature: WireSignature, application: Application): Promise<string> {
    const { options = {} } = signature;
    const queue = textOf(options["queue"]) ?? this.options.queueOf(signature.task);
    const call = this.#callOf(signature, application);
    await this.publish(call, queue);
    return call.id;
  }

  #callOf(
    { task, args = [], kwargs = {}, options = {}, immutable }: WireSignature,
    application: Application,
  ): TaskCall {
    const nowMs = this.options.clock.now();
    const id = textOf(options["task_id"]) ?? randomUUID();
    const { rootId = textOf(options["root_id"]) ?? id, parentId = textOf(options["parent_id"]) } = application;
    return {
      ...{ id, task, rootId, kwargs: kwargs as TaskCall["kwargs"], retries: 0, headers: {} },
      args: immutable === true ? args : [...(application.args ?? []), ...args],
      embed: {
        callbacks: listOf(options["link"]),
        errbacks: listOf(options["link_error"]),
        chain: application.chain ?? listOf(options["chain"]),
        chord: application.chord ?? signatureOf(options["chord"]),
      },
      eta: momentOf(options["eta"], options["countdown"], nowMs),
      expires: momentOf(options["expires"], options["expires"], nowMs),
      timeLimits: [numberOf(options["time_limit"]), numberOf(options["soft_time_limit"])],
      parentId: parentId ?? null,
      groupId: application.groupId ?? textOf(options["group_id"]) ?? null,
      groupIndex: application.groupIndex ?? numberOf(options["group_index"]),
      ignoreResult: options["ignore_result"] === true,
      replyTo: textOf(options["reply_to"]) ?? "",
      priority: numberOf(options["priority"]) ?? 0,
    };
  }

  async #applyChain(chain: WireSignature, application: Application, depth: number): Promise<readonly string[]> {
    const [first, ...rest] = linksOf(chain, application);
    if (first === undefined) return [];
    const { args, parentId, rootId } = application;
    const later = [...(application.chain ?? []), ...rest.reverse()];
    const around = { ...given({ args, parentId, rootId }), chain: later };
    return this.apply(first, around, depth + 1);
  }

  async #applyGroup(group: WireSignature, application: Application, depth: number): Promise<readonly string[]> {
    const { chain = [], ...around } = application;
    const next = chain.at(-1);
    if (next !== undefined)
      return this.#applyChord(chordOf(group, next), { ...around, chain: chain.slice(0, -1) }, depth);
    const groupId = textOf(group.options?.["task_id"]) ?? randomUUID();
    return this.#applyMembers(unrolled(membersOf(group), depth), { ...around, groupId }, depth);
  }

  async #applyChord(chord: WireSignature, application: Application, depth: number): Promise<readonly string[]> {
    const { header, body } = (chord.kwargs ?? {}) as { header?: unknown; body?: unknown };
    const last = signatureOf(body) ?? invalid("chord", "needs a body");
    const frozen = withPlace(
      withOptions(last, { ...chord.options, ...given({ chain: application.chain }) }),
      application,
    );
    const members = membersOf(header);
    const { args, parentId, rootId } = application;
    const around = given({ args, parentId, rootId });
    if (members.length === 0) return this.apply(frozen, { ...around, args: [[]] }, depth + 1);
    const groupId = textOf(signatureOf(header)?.options?.["task_id"]) ?? randomUUID();
    const parts = unrolled(members, depth);
    await this.options.results.setChordSize(groupId, parts.length);
    return this.#applyMembers(parts, { ...around, groupId, chord: frozen }, depth);
  }

  async #applyMembers(members: readonly WireSignature[], around: Application, depth: number): Promise<string[]> {
    const ids: string[] = [];
    for (const [groupIndex, member] of members.entries())
      ids.push(...(await this.apply(member, { ...around, groupIndex }, depth + 1)));
    return ids;
  }
}

function kindOf({ task, subtask_type: type }: WireSignature): "chain" | "group" | "chord" | "task" {
  const kind = type ?? (task.startsWith("celery.") ? task.slice("celery.".length) : "task");
  return kind === "chain" || kind === "group" || kind === "chord" ? kind : "task";
}

/** Links of a chain, those of chains within it included; its callbacks are those of the last one. */
function linksOf(chain: WireSignature, application: Application): WireSignature[] {
  const links = listOf(chain.kwargs?.["tasks"]).flatMap((link) =>
    kindOf(link) === "chain" ? linksOf(link, {}) : [link],
  );
  const errbacks = listOf(chain.options?.["link_error"]);
  const last = links.length - 1;
  const { task_id, link: callbacks, group_id, group_index, chord } = chain.options ?? {};
  const ends = given({ task_id, link: callbacks, group_id, group_index, chord });
  return links.map((link, at) => {
    const linked = errbacks.length === 0 ? link : withOptions(link, { link_error: errbacks });
    return at === last ? withPlace(withOptions(linked, ends), application) : linked;
  });
}

/** Members of a group or of a list of signatures. */
function membersOf(group: unknown): readonly WireSignature[] {
  const signature = signatureOf(group);
  return signature === null ? listOf(group) : listOf(signature.kwargs?.["tasks"]);
}

/** Members with those of groups among them in their place. */
function unrolled(members: readonly WireSignature[], depth: number): readonly WireSignature[] {
  if (depth > DEPTH_MAX) return invalid("group", `more than ${DEPTH_MAX} levels`);
  return members.flatMap((member) => (kindOf(member) === "group" ? unrolled(membersOf(member), depth + 1) : [member]));
}

/** Chord of a group and what follows it in a chain. */
function chordOf(group: WireSignature, body: WireSignature): WireSignature {
  return { task: "celery.chord", subtask_type: "chord", kwargs: { header: group, body }, options: {} };
}

/** Puts the last call of a signature where the whole stands: in a group, or in the header of a chord. */
function withPlace(signature: WireSignature, { groupId, groupIndex, chord }: Application): WireSignature {
  return withOptions(signature, given({ group_id: groupId, group_index: groupIndex, chord: chord }));
}

function withOptions(signature: WireSignature, options: Options): WireSignature {
  return { ...signature, options: { ...options, ...signature.options } };
}

function given<T extends object>(members: T): { [Name in keyof T]: Exclude<T[Name], undefined> } {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as never;
}

function listOf(value: unknown): readonly WireSignature[] {
  const list = Array.isArray(value) ? (value as unknown[]) : value == null ? [] : [value];
  return list.map((each) => signatureOf(each) ?? invalid("signature", "must be a mapping with a task"));
}

function signatureOf(value: unknown): WireSignature | null {
  const task = (value as Partial<WireSignature> | null | undefined)?.task;
  return typeof task === "string" ? (value as WireSignature) : null;
}

function momentOf(moment: unknown, seconds: unknown, nowMs: number): number | null {
  if (typeof moment === "string") return fromIsoTime(moment) ?? invalid("eta", `is no moment: ${moment.slice(0, 60)}`);
  return typeof seconds === "number" ? nowMs + seconds * 1_000 : null;
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

function numberOf(value: unknown): number | null {
  return typeof value === "number" && Number.isFinite(value) ? value : null;
}

function invalid(field: string, reason: string): never {
  throw new InvalidTaskError(`${field}: ${reason}`);
}
