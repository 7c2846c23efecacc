import { setImmediate as breathe } from "node:timers/promises";
import { deserialize, serialize } from "node:v8";
import { Ranker } from "@headline/ranking";
import { Learner, type LearnerParts, type LearnerState } from "./learner.js";

/** Grows when a snapshot of before could not be understood any more. */
const VERSION = 1;

interface Envelope {
  readonly version: number;
  readonly state: LearnerState;
  readonly ranker: Uint8Array;
}

/** Everything that was learnt, as bytes. Nothing may be learnt meanwhile; others have their turn. */
export async function encodeLearner(learner: Learner): Promise<Buffer> {
  const state = await learner.state(() => breathe());
  const envelope: Envelope = { version: VERSION, state, ranker: learner.ranker.snapshot() };
  return serialize(envelope);
}

/** Everything that was learnt, to be compared: as bytes it may differ, for V8 writes one number in several ways. */
export async function contentOf(learner: Learner): Promise<unknown> {
  const { ranker, ...rest } = deserialize(await encodeLearner(learner)) as Envelope;
  return { ...rest, ranker: deserialize(ranker) };
}

/** A learner that goes on as the one that was encoded. @throws when the bytes are of another version, or none. */
export function decodeLearner(body: Buffer, parts: LearnerParts): Learner {
  const { version, state, ranker } = deserialize(body) as Envelope;
  if (version !== VERSION) throw new Error(`the snapshot is of version ${version}, this service reads ${VERSION}`);
  const learner = new Learner({ ...parts, ranker: Ranker.restore(ranker) });
  learner.restore(state);
  return learner;
}
