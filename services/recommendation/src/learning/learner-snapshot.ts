import { deserialize, serialize } from "node:v8";
import { Ranker } from "@headline/ranking";
import { Learner, type LearnerParts, type LearnerState, type StudentPart } from "./learner.js";

/** Grows when a snapshot of before could not be understood any more. */
const VERSION = 2;
const LENGTH_BYTES = 4;

/** A snapshot is a row of these, each behind its length. */
type Part =
  | { readonly version: number; readonly state: Omit<LearnerState, "students"> }
  | StudentPart
  | { readonly ranker: Uint8Array };

/** A snapshot of version 1, which was written as one piece. */
interface Whole {
  readonly version: number;
  readonly state: LearnerState;
  readonly ranker: Uint8Array;
}

/** Everything that was learnt, as bytes in pieces of a few milliseconds each. Nothing may be learnt until the last is taken. */
export function* snapshotOf(learner: Learner): Generator<Buffer> {
  yield framed({ version: VERSION, state: learner.state() });
  for (const { student, bytes } of learner.studentParts()) yield framed({ student, bytes });
  for (const ranker of learner.ranker.snapshotParts()) yield framed({ ranker });
}

/**
 * Restores what snapshotOf wrote. Yields after each piece, first undefined, then the learner as soon as it serves as the one it
 * was; it may learn when the last piece was taken. @throws when the bytes are of another version, or no snapshot.
 */
export function* restoring(
  chunks: Iterable<Buffer>,
  parts: LearnerParts,
  limits: { readonly readersMax?: number } = {},
): Generator<Learner | undefined> {
  const pieces = partsOf(chunks);
  const head = pieces.next().value;
  if (head === undefined || !("state" in head)) throw new Error("the snapshot has no head");
  if ("ranker" in head) {
    yield restoredWhole(head, parts);
    return;
  }
  if (head.version !== VERSION) throw otherVersion(head.version);
  const students: Record<string, Uint8Array[]> = {};
  let learner: Learner | undefined;
  for (const ranker of Ranker.restoreParts(rankerParts(pieces, students), limits)) {
    if (learner === undefined && ranker !== undefined) {
      learner = new Learner({ ...parts, ranker });
      for (const _step of learner.restoring({ ...head.state, students: joined(students) })) yield undefined;
    }
    yield learner;
  }
}

/** The same at once. */
export function decodeLearner(body: Buffer, parts: LearnerParts): Learner {
  let restored: Learner | undefined;
  for (const learner of restoring([body], parts)) restored = learner;
  if (restored === undefined) throw new Error("the snapshot ends too early");
  return restored;
}

/** A snapshot in one piece. */
export async function encodeLearner(learner: Learner): Promise<Buffer> {
  return Buffer.concat([...snapshotOf(learner)]);
}

/** Everything that was learnt, to be compared: as bytes it may differ, for V8 writes one number in several ways. */
export async function contentOf(learner: Learner): Promise<unknown> {
  const students: Record<string, Uint8Array[]> = {};
  for (const part of learner.studentParts()) keep(students, part);
  return { ...learner.state(), students: joined(students), ranker: deserialize(learner.ranker.snapshot()) };
}

function restoredWhole({ version, state, ranker }: Whole, parts: LearnerParts): Learner {
  if (version !== 1) throw otherVersion(version);
  const learner = new Learner({ ...parts, ranker: Ranker.restore(ranker) });
  for (const _step of learner.restoring(state));
  return learner;
}

function otherVersion(version: number): Error {
  return new Error(`the snapshot is of version ${version}, this service reads ${VERSION}`);
}

/** The ranker's parts; what comes before them is put aside. */
function* rankerParts(parts: Iterable<Part | Whole>, students: Record<string, Uint8Array[]>): Generator<Uint8Array> {
  for (const part of parts) {
    if ("student" in part) keep(students, part);
    else if ("ranker" in part) yield part.ranker;
  }
}

function keep(students: Record<string, Uint8Array[]>, { student, bytes }: StudentPart): void {
  students[student] = [...(students[student] ?? []), bytes];
}

function joined(students: Readonly<Record<string, readonly Uint8Array[]>>): Record<string, Uint8Array> {
  return Object.fromEntries(Object.entries(students).map(([name, parts]) => [name, Buffer.concat(parts)]));
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
