import { createServer, type Socket } from "node:net";

export interface MuteServer extends AsyncDisposable {
  readonly port: number;
  /** `127.0.0.1:port` */
  readonly address: string;
  readonly connections: number;
}

/** Accepts TCP and never says a word: a client that waits for HTTP/2 SETTINGS waits forever. */
export async function muteServer({ port = 0 }: { port?: number } = {}): Promise<MuteServer> {
  const sockets = new Set<Socket>();
  let connections = 0;
  const server = createServer((socket) => {
    connections += 1;
    sockets.add(socket);
    socket.resume().on("error", () => {}); // a client may leave as rudely as it likes
    socket.once("close", () => sockets.delete(socket));
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject).listen(port, "127.0.0.1", resolve);
  });
  const { port: bound } = server.address() as { port: number };
  return {
    port: bound,
    address: `127.0.0.1:${bound}`,
    get connections() {
      return connections;
    },
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}
