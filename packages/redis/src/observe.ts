import type { Redis } from "ioredis";

/** Receives each command: `ok` or the failure, and the time to its reply. */
export type ObserveRedis = (operation: "command", outcome: string, ms: number) => void;

/** Reports the outcome of every command of a client to `observe`, pipelined ones included. */
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

/** Error replies that are expected: an unknown script, a missing group, a group that exists. */
const EXPECTED = /^(NOSCRIPT|NOGROUP|BUSYGROUP)/;

/** Every other error reply is a bug of the caller. */
function outcomeOf(error: unknown): string {
  const { name, message } = error as Error;
  if (name !== "ReplyError") return "unavailable";
  return EXPECTED.test(message) ? "ok" : "error";
}
