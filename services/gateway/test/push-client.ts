import { once } from "node:events";
import { eventually } from "@headline/testkit";
import { io, type ManagerOptions, type Socket, type SocketOptions } from "socket.io-client";

type Options = Partial<ManagerOptions & SocketOptions>;

/** A client's socket, and everything that it was told. */
export interface PushClient extends Disposable {
  readonly socket: Socket;
  // biome-ignore lint/suspicious/noExplicitAny: tests read what they are told as a client does
  told(event: string): any[];
  /** Answer of a request. */
  // biome-ignore lint/suspicious/noExplicitAny: as above
  ask(event: string, asked?: unknown): Promise<any>;
  /** Waits for the `count`th event of a name, and answers with all of them. */
  // biome-ignore lint/suspicious/noExplicitAny: as above
  hears(event: string, count?: number): Promise<any[]>;
}

/** Connects without waiting. */
export function pushClient(
  gateway: { url: string },
  auth: Record<string, unknown> = {},
  options: Options = {},
): PushClient {
  const socket = io(gateway.url, {
    transports: ["websocket"],
    forceNew: true,
    reconnectionDelay: 100,
    reconnectionDelayMax: 200,
    auth,
    ...options,
  });
  const heard = new Map<string, unknown[]>();
  const told = (event: string) => heard.get(event) ?? [];
  const keep = (event: string, value: unknown) => heard.set(event, [...told(event), value]);
  socket.onAny((event: string, value: unknown, taken?: unknown) => {
    keep(event, value);
    if (typeof taken === "function") taken();
  });
  socket.on("connect_error", (error) => keep("connect_error", error));
  socket.on("disconnect", (reason) => keep("disconnect", reason));
  return {
    socket,
    told,
    ask: (event, asked = {}) => socket.timeout(30_000).emitWithAck(event, asked),
    hears: (event, count = 1) =>
      eventually(() => {
        if (told(event).length < count)
          throw new Error(`heard ${told(event).length} of ${count} ${event}; in all ${[...heard.keys()]}`);
        return told(event);
      }),
    [Symbol.dispose]: () => void socket.disconnect(),
  };
}

/** Connects, and waits for the welcome. @throws what the gateway refuses with */
export async function connected(gateway: { url: string }, auth?: Record<string, unknown>, options?: Options) {
  const client = pushClient(gateway, auth, options);
  await Promise.race([
    once(client.socket as never, "welcome"),
    once(client.socket as never, "connect_error").then(([error]) => {
      client[Symbol.dispose]();
      throw error;
    }),
  ]);
  return client;
}
