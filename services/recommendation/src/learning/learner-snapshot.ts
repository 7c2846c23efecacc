import { deserialize, serialize } from "node:v8";
import { Ranker, type RankerOptions } from "@headline/ranking";
import { type ConsumerPart, Learner, type LearnerDeps, type LearnerState } from "./learner.js";

/** Grows when a snapshot of before could not be understood any more. */
const VERSION = 2;
const LENGTH_BYTES = 4;
const JOINED_PER_STEP = 4 * 1_024 * 1_024;

type Consumers = Record<string, Uint8Array[]>;

/** A snapshot is a row of these, each behind its length. Consumers are called students in it. */
type Part =
  | { readonly version: number; readonly state: Omit<LearnerState, "consumers"> }
  | { readonly student: string; readonly bytes: Uint8Array }
  | { readonly ranker: Uint8Array };

/** A snapshot of version 1, which was written as one piece. */
interface Whole {
  readonly version: number;
  readonly state: Omit<LearnerState, "consumers"> & { readonly students: LearnerState["consumers"] };
  readonly ranker: Uint8Array;
}

/** Everything that was learnt, as bytes in pieces of a few milliseconds each. Nothing may be learnt until the last is taken. */
export function* snapshotOf(learner: Learner): Generator<Buffer> {
  yield framed({ version: VERSION, state: learner.state() });
  for (const { consumer, bytes } of learner.consumerParts()) yield framed({ student: consumer, bytes });
  for (const ranker of learner.ranker.snapshotParts()) yield framed({ ranker });
}

/**
 * Restores what snapshotOf wrote. Yields after each piece, first undefined, then the learner as soon as it serves as the one it
 * was; it may learn when the last piece was taken. @throws when the bytes are of another version, or no snapshot.
 */
export function* restoring(
  chunks: Iterable<Buffer>,
  deps: LearnerDeps,
  limits: Pick<RankerOptions, "readersMax" | "listRowsMax" | "poolRowsMax"> = {},
): Generator<Learner | undefined> {
  const pieces = partsOf(chunks);
  const head = pieces.next().value;
  if (head === undefined || !("state" in head)) throw new Error("the snapshot has no head");
  if ("ranker" in head) {
    yield restoredWhole(head, deps);
    return;
  }
  if (head.version !== VERSION) throw otherVersion(head.version);
  const consumers: Consumers = {};
  let learner: Learner | undefined;
  for (const ranker of Ranker.restoreParts(rankerParts(pieces, consumers), limits)) {
    if (learner === undefined && ranker !== undefined) {
      learner = new Learner({ ...deps, ranker });
      const state = { ...head.state, consumers: yield* joinedInSteps(consumers) };
      for (const _step of learner.restoring(state)) yield undefined;
    }
    yield learner;
  }
}

/** The same at once. */
export function decodeLearner(body: Buffer, deps: LearnerDeps): Learner {
  let restored: Learner | undefined;
  for (const learner of restoring([body], deps)) restored = learner;
  if (restored === undefined) throw new Error("the snapshot ends too early");
  return restored;
}

/** A snapshot in one piece. */
export async function encodeLearner(learner: Learner): Promise<Buffer> {
  return Buffer.concat([...snapshotOf(learner)]);
}

/** Everything that was learnt, to be compared: as bytes it may differ, for V8 writes one number in several ways. */
export async function contentOf(learner: Learner): Promise<unknown> {
  const consumers: Consumers = {};
  for (const part of learner.consumerParts()) keep(consumers, part);
  return { ...learner.state(), consumers: joined(consumers), ranker: deserialize(learner.ranker.snapshot()) };
}

function restoredWhole({ version, state, ranker }: Whole, deps: LearnerDeps): Learner {
  if (version !== 1) throw otherVersion(version);
  const learner = new Learner({ ...deps, ranker: Ranker.restore(ranker) });
  for (const _step of learner.restoring({ ...state, consumers: state.students }));
  return learner;
}

function otherVersion(version: number): Error {
  return new Error(`the snapshot is of version ${version}, this service reads ${VERSION}`);
}

/** The ranker's parts; those of consumers, which come before them, go into `consumers`. */
function* rankerParts(parts: Iterable<Part | Whole>, consumers: Consumers): Generator<Uint8Array> {
  for (const part of parts) {
    if ("student" in part) keep(consumers, { consumer: part.student, bytes: part.bytes });
    else if ("ranker" in part) yield part.ranker;
  }
}

function keep(consumers: Consumers, { consumer, bytes }: ConsumerPart): void {
  consumers[consumer] = [...(consumers[consumer] ?? []), bytes];
}

function joined(consumers: Readonly<Record<string, readonly Uint8Array[]>>): Record<string, Uint8Array> {
  return Object.fromEntries(Object.entries(consumers).map(([name, parts]) => [name, Buffer.concat(parts)]));
}

/** The same in steps of a few milliseconds each. */
function* joinedInSteps(consumers: Consumers): Generator<undefined, Record<string, Uint8Array>> {
  const whole: Record<string, Uint8Array> = {};
  for (const [name, parts] of Object.entries(consumers)) {
    whole[name] = yield* joinInSteps(parts);
    delete consumers[name];
  }
  return whole;
}

function* joinInSteps(parts: readonly Uint8Array[]): Generator<undefined, Uint8Array> {
  const whole = new Uint8Array(parts.reduce((bytes, { length }) => bytes + length, 0));
  let at = 0;
  let stepped = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
    if (at - stepped < JOINED_PER_STEP) continue;
    stepped = at;
    yield undefined;
  }
  return whole;
}

function framed(part: Part): Buffer {
  const bytes = serialize(part);
  const length = Buffer.allocUnsafe(LENGTH_BYTES);
  length.writeUInt32LE(bytes.length);
  return Buffer.concat([length, bytes]);
}

/** The byte that begins what V8 serializes: a snapshot of version 1 begins with it, and no length of a head does. */
const V8_TAG = 0xff;

function* partsOf(chunks: Iterable<Buffer>): Generator<Part | Whole, undefined> {
  let rest: Buffer = Buffer.alloc(0);
  let isWhole: boolean | undefined;
  for (const chunk of chunks) {
    isWhole ??= chunk[0] === V8_TAG && chunk[LENGTH_BYTES] !== V8_TAG;
    if (isWhole) {
      yield deserialize(Buffer.concat([...[chunk], ...chunks])) as Whole;
      return;
    }
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    while (rest.length >= LENGTH_BYTES && rest.length >= LENGTH_BYTES + rest.readUInt32LE()) {
      const end = LENGTH_BYTES + rest.readUInt32LE();
      yield deserialize(rest.subarray(LENGTH_BYTES, end)) as Part;
      rest = rest.subarray(end);
    }
  }
  if (rest.length > 0) throw new Error("the snapshot ends within a part");
}
