import { connect } from "node:net";

/** Whether a Redis server answers PING at this socket; a socket alone, or a server that hangs, does not. */
export function answersRedis(socketPath: string, withinMs = 1_000): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(socketPath);
    const settle = (answers: boolean) => {
      socket.destroy();
      resolve(answers);
    };
    socket.setTimeout(withinMs, () => settle(false));
    socket.once("connect", () => socket.write("PING\r\n"));
    // A server that still loads its data says -LOADING: it is there, but not ready.
    socket.once("data", (reply) => settle(reply.toString("latin1").startsWith("+PONG")));
    socket.once("error", () => settle(false));
    socket.once("close", () => resolve(false));
  });
}
