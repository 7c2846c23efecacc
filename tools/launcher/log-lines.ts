import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import pretty from "pino-pretty";
import { dim } from "../lib/terminal.js";

const TAIL_LINES = 20;
const NAME_LENGTH = 15;

const ERROR_LEVEL = 50;

const readable = pretty.prettyFactory({
  colorize: process.stdout.isTTY === true && !process.env["NO_COLOR"],
  translateTime: "SYS:HH:MM:ss",
  ignore: "pid,hostname,name,err",
  messageFormat: (entry, messageKey) => [entry[messageKey], reasonIn(entry)].filter(Boolean).join(": "),
  singleLine: true,
});

/** Shows the log of a service in words, and returns its last lines, which grow as it writes. */
export function showLines(name: string, streams: readonly Readable[]): readonly string[] {
  const tail: string[] = [];
  for (const stream of streams) {
    createInterface({ input: stream }).on("line", (line) => {
      const text = readable(line).trimEnd();
      tail.push(text);
      if (tail.length > TAIL_LINES) tail.shift();
      process.stdout.write(`${dim(name.padEnd(NAME_LENGTH))} ${text}\n`);
    });
  }
  return tail;
}

interface Entry {
  readonly level?: number;
  readonly err?: { readonly message?: string; readonly stack?: string };
}

/** The message of an entry's error; its stack from level `error` up. */
function reasonIn({ level = 0, err }: Entry): string | undefined {
  return level >= ERROR_LEVEL ? (err?.stack ?? err?.message) : err?.message;
}
