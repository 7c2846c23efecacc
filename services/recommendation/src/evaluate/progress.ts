import type { Reporter } from "./evaluate.js";

interface Output {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

export interface Progress extends Reporter {
  end(): void;
}

const EVERY_MS = 1_000;
const EVERY_SHARE = 0.1;
const SILENT_MAX_MS = 5_000;

/** On a terminal one line that moves; elsewhere a line for each tenth, and when there was none for a while. */
export function createProgress(output: Output): Progress {
  let saidAtMs = performance.now();
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
      } else if (share - saidShare >= EVERY_SHARE || performance.now() - saidAtMs >= SILENT_MAX_MS) {
        saidShare = share;
        saidAtMs = performance.now();
        output.write(`${line(share, atMs)}\n`);
      }
    },
    end: () => output.isTTY && output.write("\r\u001b[K"),
  };
}
