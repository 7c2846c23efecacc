import type { Redis } from "ioredis";

/** Told of each command: `ok` or what it failed with, and how long its reply took. */
export type ObserveRedis = (operation: "command", outcome: string, ms: number) => void;

/** Tells `observe` what becomes of every command of a client, pipelined ones included: all of them pass through here. */
export function observeCommands(client: Redis, observe: ObserveRedis): void {
  const send = client.sendCommand.bind(client);
  client.sendCommand = (command, stream) => {
    if (command.name === "client") return send(command, stream); // the driver introduces itself, which old servers do not know
    const startedAt = performance.now();
    command.promise.then(
      () => observe("command", "ok", performance.now() - startedAt),
      (error: unknown) => observe("command", outcomeOf(error), performance.now() - startedAt),
    );
    return send(command, stream);
  };
}

/** Replies that tell how things stand, and what to do first: send the script, make the group, or do without making it. */
const EXPECTED = /^(NOSCRIPT|NOGROUP|BUSYGROUP)/;

/** Everything else that is a reply is a bug of ours. */
function outcomeOf(error: unknown): string {
  const { name, message } = error as Error;
  if (name !== "ReplyError") return "unavailable";
  return EXPECTED.test(message) ? "ok" : "error";
}
