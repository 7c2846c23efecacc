import { createHash } from "node:crypto";
import { Command } from "ioredis";
import type { Redis } from "./client.js";
import { type Argument, isUnknownScript } from "./script.js";

/** Runs a Lua script on a client, with its one key and its arguments; strings in the reply come as bytes. */
export type LeanScript<Args extends readonly Argument[], Reply> = (
  redis: Redis,
  key: string,
  ...args: Args
) => Promise<Reply>;

/** Commands that wait for their replies on one connection; further ones fail at once. */
const WAITING_MAX = 16_384;
/** Longest length of an argument as the protocol writes it: `$`, ten digits, a line break before and behind. */
const LENGTH_BYTES = 15;
const BYTES_PER_UNIT_MAX = 3;

/**
 * The same as `script` for the one script that every request runs: its command is written by hand, without the client's pipelines.
 * All else is the client's: replies in order, the time limit, reconnecting, and observers. Commands of one turn of the event loop
 * leave in one write, and those that the client pipelines by itself behind them.
 */
export function leanScript<Args extends readonly Argument[], Reply>(lua: string): LeanScript<Args, Reply> {
  const sha = createHash("sha1").update(lua).digest("hex");
  return async (redis, key, ...args) => {
    try {
      return (await send(
        redis,
        new EncodedCommand("evalsha", encodeCommand(["evalsha", sha, 1, key, ...args])),
      )) as Reply;
    } catch (error) {
      if (!isUnknownScript(error)) throw error;
      return (await redis.evalBuffer(lua, 1, key, ...args)) as Reply;
    }
  };
}

/** Command of the client whose bytes are made already. */
class EncodedCommand extends Command {
  readonly #bytes: Buffer;

  constructor(name: string, bytes: Buffer) {
    super(name);
    this.#bytes = bytes;
  }

  override toWritable(): Buffer {
    return this.#bytes;
  }
}

function send(redis: Redis, command: Command): unknown {
  if (redis.commandQueue.length >= WAITING_MAX) throw new Error("too many commands wait for the replies of Redis");
  corkForTurn(redis);
  return redis.sendCommand(command);
}

const corked = new WeakSet<Redis["stream"]>();

/** Holds back what is written to the connection until this turn of the event loop ends. */
function corkForTurn({ status, stream }: Redis): void {
  if (status !== "ready" || corked.has(stream)) return;
  corked.add(stream);
  stream.cork();
  setImmediate(() => {
    corked.delete(stream);
    stream.uncork();
  });
}

/** Encodes a command in the protocol of Redis (RESP): `*2\r\n$3\r\nGET\r\n$1\r\na\r\n`. */
export function encodeCommand(parts: readonly Argument[]): Buffer {
  const into = Buffer.allocUnsafe(bytesMaxOf(parts));
  let at = 0;
  let text = `*${parts.length}`; // what stands between bytes is written at once
  for (const part of parts) {
    if (typeof part === "object") {
      at += into.write(`${text}\r\n$${part.length}\r\n`, at);
      at += part.copy(into, at);
      text = "";
    } else {
      const argument = String(part);
      text += `\r\n$${Buffer.byteLength(argument)}\r\n${argument}`;
    }
  }
  at += into.write(`${text}\r\n`, at);
  return into.subarray(0, at);
}

function bytesMaxOf(parts: readonly Argument[]): number {
  let bytes = 2 * LENGTH_BYTES;
  for (const part of parts) {
    bytes += LENGTH_BYTES;
    bytes += typeof part === "object" ? part.length : BYTES_PER_UNIT_MAX * String(part).length;
  }
  return bytes;
}
