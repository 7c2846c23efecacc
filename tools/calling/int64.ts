import { BadOption } from "../lib/command-line.js";

const INT64_MAX = 2n ** 63n - 1n;

/** An id as the contract has it: negative for a guest. @throws BadOption */
export function int64(name: string, text: string | undefined, otherwise: bigint): bigint {
  if (text === undefined) return otherwise;
  const value = /^-?\d{1,19}$/.test(text) ? BigInt(text) : undefined;
  if (value !== undefined && value <= INT64_MAX && value >= -INT64_MAX - 1n) return value;
  throw new BadOption(`--${name} must be a whole number of at most 64 bits, not "${text}"`);
}
