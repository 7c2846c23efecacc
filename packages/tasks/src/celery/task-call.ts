import type { Json } from "@headline/scheduler";
import { fromIsoTime, toIsoTime } from "./iso-time.js";
import { jsonMessage, jsonOf, type WireMessage } from "./wire-message.js";

/** Signature as Celery writes it into messages. */
export interface WireSignature {
  readonly task: string;
  readonly args?: readonly Json[];
  readonly kwargs?: Readonly<Record<string, unknown>>;
  readonly options?: Readonly<Record<string, unknown>>;
  readonly subtask_type?: string | null;
  readonly immutable?: boolean;
  readonly chord_size?: number | null;
}

/** Calls that follow a call, in its message. */
export interface Embed {
  readonly callbacks: readonly WireSignature[];
  readonly errbacks: readonly WireSignature[];
  /** Later links of a chain, the last first. */
  readonly chain: readonly WireSignature[];
  /** Body of the chord in whose header the call is. */
  readonly chord: WireSignature | null;
}

/** Call of a task, as message protocol 2 has it. Times are epoch ms. */
export interface TaskCall {
  readonly id: string;
  readonly task: string;
  readonly args: readonly Json[];
  readonly kwargs: Readonly<Record<string, Json>>;
  readonly embed: Embed;
  readonly eta: number | null;
  readonly expires: number | null;
  readonly retries: number;
  /** Hard and soft time limit, seconds. */
  readonly timeLimits: readonly [hard: number | null, soft: number | null];
  readonly rootId: string;
  readonly parentId: string | null;
  readonly groupId: string | null;
  readonly groupIndex: number | null;
  readonly ignoreResult: boolean;
  readonly replyTo: string;
  readonly priority: number;
  /** Headers that are not of the protocol: a retry keeps them. */
  readonly headers: Readonly<Record<string, unknown>>;
}

export const NOTHING_FOLLOWS: Embed = { callbacks: [], errbacks: [], chain: [], chord: null };

/** Length of the texts of arguments that monitors show. */
const REPR_MAX = 1_024;

/** Encodes a call as a message of protocol 2. */
export function encodeCall(call: TaskCall, origin: string): WireMessage {
  const headers = {
    ...call.headers,
    lang: "js",
    task: call.task,
    id: call.id,
    shadow: null,
    eta: call.eta === null ? null : toIsoTime(call.eta),
    expires: call.expires === null ? null : toIsoTime(call.expires),
    group: call.groupId,
    group_index: call.groupIndex,
    retries: call.retries,
    timelimit: call.timeLimits,
    root_id: call.rootId,
    parent_id: call.parentId,
    argsrepr: reprOf(call.args),
    kwargsrepr: reprOf(call.kwargs),
    origin,
    ignore_result: call.ignoreResult,
  };
  const { callbacks, errbacks, chain, chord } = call.embed;
  const embed = { callbacks: orNull(callbacks), errbacks: orNull(errbacks), chain: orNull(chain), chord };
  const properties = { correlationId: call.id, replyTo: call.replyTo, priority: call.priority };
  return jsonMessage([call.args, call.kwargs, embed], headers, properties);
}

/** Task and id that a message names, by which it is refused when its body cannot be read. */
export function nameOf({ headers }: WireMessage): { readonly task: string; readonly id: string } | undefined {
  const { task, id } = headers;
  return typeof task === "string" && typeof id === "string" ? { task, id } : undefined;
}

/** Decodes a message of protocol 2; throws an error that names what is wrong with it. */
export function decodeCall(message: WireMessage): TaskCall {
  const { headers, properties } = message;
  const { task, id } = nameOf(message) ?? invalid("headers", "need a task and an id");
  const body = jsonOf(message);
  if (!Array.isArray(body) || body.length !== 3) return invalid("body", "must be [args, kwargs, embed]");
  const [args, kwargs, embed] = body as [unknown, unknown, unknown];
  return {
    id,
    task,
    args: Array.isArray(args) ? (args as Json[]) : invalid("args", "must be a list"),
    kwargs: isMembers(kwargs) ? (kwargs as Record<string, Json>) : invalid("kwargs", "must be a mapping"),
    embed: embedOf(embed ?? {}),
    eta: momentOf("eta", headers["eta"]),
    expires: momentOf("expires", headers["expires"]),
    retries: numberOr(headers["retries"], 0),
    timeLimits: timeLimitsOf(headers["timelimit"]),
    rootId: textOr(headers["root_id"], id),
    parentId: textOr(headers["parent_id"], null),
    groupId: textOr(headers["group"], null),
    groupIndex: numberOr(headers["group_index"], null),
    ignoreResult: headers["ignore_result"] === true,
    replyTo: properties.replyTo ?? "",
    priority: properties.priority ?? 0,
    headers: ownHeaders(headers),
  };
}

/** Thrown for a message whose parts are not as the protocol has them. */
export class InvalidTaskError extends Error {
  override readonly name = "InvalidTaskError";
}

function invalid(field: string, reason: string): never {
  throw new InvalidTaskError(`${field}: ${reason}`);
}

function embedOf(embed: unknown): Embed {
  if (!isMembers(embed)) return invalid("embed", "must be a mapping");
  return {
    callbacks: signaturesOf("callbacks", embed["callbacks"]),
    errbacks: signaturesOf("errbacks", embed["errbacks"]),
    chain: signaturesOf("chain", embed["chain"]),
    chord: embed["chord"] == null ? null : signatureOf("chord", embed["chord"]),
  };
}

function signaturesOf(field: string, value: unknown): readonly WireSignature[] {
  if (value == null) return [];
  return Array.isArray(value) ? value.map((each) => signatureOf(field, each)) : invalid(field, "must be a list");
}

function signatureOf(field: string, value: unknown): WireSignature {
  if (!isMembers(value) || typeof value["task"] !== "string") return invalid(field, "must be a signature");
  return value as unknown as WireSignature;
}

function momentOf(field: string, value: unknown): number | null {
  if (value == null) return null;
  const ms = typeof value === "string" ? fromIsoTime(value) : undefined;
  return ms ?? invalid(field, `must be a moment in ISO 8601, is ${String(value).slice(0, 60)}`);
}

function timeLimitsOf(value: unknown): TaskCall["timeLimits"] {
  const [hard, soft] = Array.isArray(value) ? (value as unknown[]) : [];
  return [numberOr(hard, null), numberOr(soft, null)];
}

const PROTOCOL = new Set([
  ...["lang", "task", "id", "shadow", "eta", "expires", "group", "group_index", "retries", "timelimit", "root_id"],
  ...["parent_id", "argsrepr", "kwargsrepr", "origin", "ignore_result", "redelivered"],
  ...["x-death", "x-first-death-exchange", "x-first-death-queue", "x-first-death-reason"],
]);

function ownHeaders(headers: WireMessage["headers"]): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !PROTOCOL.has(name)));
}

function reprOf(value: unknown): string {
  const text = JSON.stringify(value);
  return text.length <= REPR_MAX ? text : `${text.slice(0, REPR_MAX - 1)}…`;
}

function orNull<T>(list: readonly T[]): readonly T[] | null {
  return list.length === 0 ? null : list;
}

function isMembers(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function textOr<T>(value: unknown, fallback: T): string | T {
  return typeof value === "string" && value !== "" ? value : fallback;
}

function numberOr<T>(value: unknown, fallback: T): number | T {
  return typeof value === "number" && Number.isFinite(value) ? value : fallback;
}
