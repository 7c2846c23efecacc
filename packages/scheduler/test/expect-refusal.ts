import { expect } from "@jest/globals";

// biome-ignore lint/suspicious/noExplicitAny: what is tested is not of the types
export type Wrong = any;

/** Calls with the option misspelt, and with one that there is not; both are refused by name. */
export async function expectRefusal(option: string, call: (wrong: Wrong) => unknown): Promise<void> {
  const wrong = misspelt(option);
  const calling = async () => call({ [wrong]: 1 });
  await expect(calling()).rejects.toThrow(new RegExp(`${wrong}: .* has no such option; write ${option}\\b`));
  const unknown = async () => call({ colour: 1 });
  await expect(unknown()).rejects.toThrow(/colour: .* has no such option; known are /);
}

/** `timeoutMs` is written `timeout_ms` elsewhere, and `paused` now and then `Paused`. */
function misspelt(option: string): string {
  const snake = option.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  return snake === option ? option[0]!.toUpperCase() + option.slice(1) : snake;
}
