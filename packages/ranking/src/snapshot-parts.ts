import { deserialize, serialize } from "node:v8";
import { Made } from "./made.js";
import { BadSnapshot, columns } from "./snapshot.js";

/** Grows when parts of before could not be understood any more. */
const VERSION = 1;

/** Bounds of a part: bytes of a typed array, or elements of an array. Each takes a millisecond or two. */
const BYTES_PER_PART = 256 * 1_024;
const ITEMS_PER_PART = 64;

type Numbers = Uint8Array | Uint16Array | Int32Array | Uint32Array | Float32Array | Float64Array;
const NUMBERS = { Uint8Array, Uint16Array, Int32Array, Uint32Array, Float32Array, Float64Array };
type NumbersName = keyof typeof NUMBERS;

/** Something large, which stands in parts of its own. */
interface Large {
  readonly path: readonly string[];
  /** The kind of typed array; an array where there is none. */
  readonly type: NumbersName | undefined;
  readonly length: number;
}

interface Head {
  readonly version: number;
  readonly columns: string;
  readonly state: Record<string, unknown>;
  readonly large: readonly Large[];
}

interface Piece {
  readonly large: number;
  readonly from: number;
  readonly values: Numbers | readonly unknown[];
}

/**
 * Packs a state of plain objects, arrays and typed arrays into parts: a head with everything small, then what is large in the
 * order of the state. The state must not change until the last part is taken.
 */
export function* packParts(state: object): Generator<Uint8Array> {
  const found: { path: string[]; value: Numbers | unknown[] | Made<unknown> }[] = [];
  const small = withoutLarge(state, [], (path, value) => void found.push({ path, value }));
  const large = found.map(({ path, value }): Large => ({ path, type: typeOf(value), length: value.length }));
  yield packed({ version: VERSION, columns: columns(), state: small, large } satisfies Head);
  for (const [index, { value }] of found.entries()) {
    for (let from = 0; from < value.length; ) {
      const values = slice(value, from);
      yield packed({ large: index, from, values } satisfies Piece);
      from += values.length;
    }
  }
}

/** Puts together what packParts packed. */
export class PartsReader {
  #head: Head | undefined;
  /** The large parts, as far as they have come. */
  #values: (Numbers | unknown[])[] = [];
  #left: number[] = [];

  /** @throws BadSnapshot for another version, other columns, and bytes that are no part. */
  add(bytes: Uint8Array): void {
    const part = unpacked(bytes);
    if (this.#head === undefined) this.#begin(part as unknown as Head);
    else this.#place(part as unknown as Piece);
  }

  /** Whether all has come, or all but what stands under one of these names. */
  isComplete(but: readonly string[] = []): boolean {
    const head = this.#head;
    if (head === undefined) return false;
    return this.#left.every((left, index) => left === 0 || but.includes(head.large[index]!.path.at(-1)!));
  }

  /** The state so far: arrays that are to come are empty or end early. */
  state(): unknown {
    if (this.#head === undefined) throw new BadSnapshot("the snapshot has no head");
    return this.#head.state;
  }

  #begin(head: Head): void {
    if (head.version !== VERSION)
      throw new BadSnapshot(
        `the snapshot's parts are of version ${head.version}, this ranker reads version ${VERSION}`,
      );
    if (head.columns !== columns()) throw new BadSnapshot("the snapshot is of a ranker that measures something else");
    this.#head = head;
    this.#values = head.large.map(({ type, length }) => (type === undefined ? [] : new NUMBERS[type](length)));
    this.#left = head.large.map(({ length }) => length);
    for (const [index, { path }] of head.large.entries()) put(head.state, path, this.#values[index]);
  }

  #place({ large, from, values }: Piece): void {
    const target = this.#values[large];
    const length = this.#head!.large[large]?.length ?? 0;
    if (target === undefined || from !== length - this.#left[large]! || values.length > this.#left[large]!)
      throw new BadSnapshot("a part of the snapshot is missing or comes twice");
    if (Array.isArray(target)) for (const value of values) target.push(value);
    else target.set(values as Numbers, from);
    this.#left[large]! -= values.length;
  }
}

function withoutLarge(
  value: object,
  path: string[],
  onLarge: (path: string[], value: Numbers | unknown[] | Made<unknown>) => void,
): Record<string, unknown> {
  const small: Record<string, unknown> = {};
  for (const [name, inner] of Object.entries(value)) {
    if (isLarge(inner)) onLarge([...path, name], inner);
    else if (isPlain(inner)) small[name] = withoutLarge(inner, [...path, name], onLarge);
    else small[name] = inner;
  }
  return small;
}

function isLarge(value: unknown): value is Numbers | unknown[] | Made<unknown> {
  if (value instanceof Made) return true;
  if (Array.isArray(value)) return value.length > ITEMS_PER_PART;
  return ArrayBuffer.isView(value) && typeOf(value) !== undefined && value.byteLength > BYTES_PER_PART;
}

function isPlain(value: unknown): value is object {
  return typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}

function typeOf(value: object): NumbersName | undefined {
  const name = value.constructor.name;
  return Object.hasOwn(NUMBERS, name) ? (name as NumbersName) : undefined;
}

function slice(value: Numbers | unknown[] | Made<unknown>, from: number): Numbers | unknown[] {
  const length = Math.min(ITEMS_PER_PART, value.length - from);
  if (value instanceof Made) return Array.from({ length }, (_, index) => value.at(from + index));
  if (Array.isArray(value)) return value.slice(from, from + length);
  return value.subarray(from, from + Math.floor(BYTES_PER_PART / value.BYTES_PER_ELEMENT));
}

function put(state: Record<string, unknown>, path: readonly string[], value: unknown): void {
  let at = state;
  for (const name of path.slice(0, -1)) at = at[name] as Record<string, unknown>;
  at[path.at(-1)!] = value;
}

function packed(part: Head | Piece): Uint8Array {
  return serialize(part);
}

function unpacked(bytes: Uint8Array): Record<string, unknown> {
  let part: unknown;
  try {
    part = deserialize(bytes.slice()); // of a copy: what comes out are views of the bytes that go in
  } catch (cause) {
    throw new BadSnapshot("these bytes are no part of a snapshot", { cause });
  }
  if (typeof part !== "object" || part === null) throw new BadSnapshot("these bytes are no part of a snapshot");
  return part as Record<string, unknown>;
}
