import type { Reporter } from "./evaluate.js";

interface Output {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

const EVERY_MS = 1_000;
const EVERY_SHARE = 0.1;

/** On a terminal one line that moves; elsewhere a line for each tenth. */
export function createProgress(output: Output): Reporter & { end(): void } {
  let saidAtMs = 0;
  let saidShare = 0;
  const line = (share: number, atMs: number) =>
    `replaying ${Math.floor(share * 100)} %, ${new Date(atMs).toISOString().slice(0, 16).replace("T", " ")}`;
  return {
    warn: (message) => output.write(`${message}\n`),
    progress(share, atMs) {
      if (output.isTTY) {
        if (performance.now() - saidAtMs < EVERY_MS) return;
        saidAtMs = performance.now();
        output.write(`\r${line(share, atMs)}`);
      } else if (share - saidShare >= EVERY_SHARE) {
        saidShare = share;
        output.write(`${line(share, atMs)}\n`);
      }
    },
    end: () => output.isTTY && output.write("\r\u001b[K"),
  };
}
