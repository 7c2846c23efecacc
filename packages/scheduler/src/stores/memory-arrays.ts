const LEAST = 64;

/** A copy with room for `length` and half as much again; `fill` is in the new places. */
export function grownFloats(array: Float64Array, length: number, fill: number): Float64Array<ArrayBuffer> {
  const grown = new Float64Array(roomFor(length));
  grown.set(array);
  return grown.fill(fill, array.length);
}

export function grownInts(array: Int32Array, length: number, fill: number): Int32Array<ArrayBuffer> {
  const grown = new Int32Array(roomFor(length));
  grown.set(array);
  return grown.fill(fill, array.length);
}

function roomFor(length: number): number {
  return Math.max(LEAST, Math.ceil(length * 1.5));
}
