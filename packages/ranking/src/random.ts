/** By name: where each module has a global object of its own, as in the tests, asking that for Math takes longer than the sum. */
const { imul } = Math;

/** A seeded stream of numbers in [0, 1), the same on every machine (mulberry32's mixing). */
export function seededRandom(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    return mix32(state) / 2 ** 32;
  };
}

/** Spreads an integer over 32 bits. */
export function mix32(value: number): number {
  let mixed = imul(value ^ (value >>> 15), value | 1);
  mixed ^= mixed + imul(mixed ^ (mixed >>> 7), mixed | 61);
  return (mixed ^ (mixed >>> 14)) >>> 0;
}
