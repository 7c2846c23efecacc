import { deserialize, serialize } from "node:v8";
import { COLUMNS, POOL_COLUMNS } from "./feature-names.js";

/** Grows when a snapshot of before could not be understood any more. */
const VERSION = 2;

/** Bytes that are no snapshot, or one of another version or of other columns. */
export class BadSnapshot extends Error {
  override readonly name = "BadSnapshot";
}

interface Envelope {
  readonly version: number;
  readonly columns: string;
  readonly state: unknown;
}

/** Packs a state of plain objects and typed arrays into bytes. */
export function packSnapshot(state: unknown): Uint8Array {
  const envelope: Envelope = { version: VERSION, columns: columns(), state };
  return new Uint8Array(serialize(envelope));
}

/** Unpacks a snapshot of packSnapshot; only from bytes that a ranker wrote. */
export function unpackSnapshot<State>(bytes: Uint8Array): State {
  const envelope = unpacked(bytes);
  if (envelope?.version !== VERSION) {
    throw new BadSnapshot(`the snapshot is of version ${envelope?.version}, this ranker reads version ${VERSION}`);
  }
  if (envelope.columns !== columns()) throw new BadSnapshot("the snapshot is of a ranker that measures something else");
  return envelope.state as State;
}

function unpacked(bytes: Uint8Array): Envelope | undefined {
  try {
    // Of a copy: what comes out are views of the bytes that go in.
    return deserialize(bytes.slice());
  } catch (cause) {
    throw new BadSnapshot("these bytes are no snapshot", { cause });
  }
}

/** The columns a snapshot is good for. */
export function columns(): string {
  return [...COLUMNS, ...POOL_COLUMNS].join("\n");
}
