import { createServer, type Server } from "node:net";
import { openProxyLink, type ProxyLink, type ProxyTarget } from "./proxy-link.js";

export type { ProxyTarget } from "./proxy-link.js";

export interface OpenProxyOptions {
  readonly target: ProxyTarget;
  /** Of 127.0.0.1; a free one unless given. */
  readonly port?: number;
  /** Listen on this unix socket instead. */
  readonly path?: string;
}

export interface Proxy extends AsyncDisposable {
  /** 0 when it listens on a unix socket. */
  readonly port: number;
  /** `127.0.0.1:port`, or the socket's path. */
  readonly address: string;
  readonly counts: ProxyCounts;
  /** New connections work; those that went dead stay dead until they are closed, as a half-open link does. */
  forward(): void;
  /** The link heals: another name for forward(). */
  heal(): void;
  /** Half-open: connections stay up and nothing passes either way any more; new ones are accepted and as dead. */
  blackhole(): void;
  /** Requests arrive and replies do not: the caller cannot know what happened. */
  dropReplies(): void;
  /** Delays every byte by `ms`, each way, until it is called again. */
  latency(ms: number): void;
  /** Points the address at another server: present connections stay where they are, as after a failover by name. */
  moveTo(target: ProxyTarget): void;
  /** RST on every connection, towards both ends. */
  reset(): void;
  /** New connections are refused; present ones go on. */
  refuse(): Promise<void>;
  /** Listens again at the same address. */
  listen(): Promise<void>;
}

export interface ProxyCounts {
  /** Accepted since the start. */
  readonly connections: number;
  /** Open now. */
  readonly open: number;
  readonly bytesUp: number;
  readonly bytesDown: number;
  readonly bytesSwallowed: number;
}

/** A TCP proxy that misbehaves on request. */
export async function openProxy({ target, port = 0, path }: OpenProxyOptions): Promise<Proxy> {
  const links = new Set<ProxyLink>();
  const traffic = { bytesUp: 0, bytesDown: 0, bytesSwallowed: 0 };
  let mode: "forward" | "blackhole" | "dropReplies" = "forward";
  let connections = 0;
  let latencyMs = 0;
  let current = target;

  const listener = listenerFor(path === undefined ? { host: "127.0.0.1", port } : { path }, (client) => {
    connections += 1;
    const link = openProxyLink({
      client,
      target: mode === "blackhole" ? undefined : current,
      latencyMs: () => latencyMs,
      traffic,
      onClosed: () => links.delete(link),
    });
    links.add(link);
    if (mode === "dropReplies") link.mute();
  });
  await listener.listen();
  const forward = () => {
    mode = "forward";
  };

  return {
    port: listener.port(),
    address: path ?? `127.0.0.1:${listener.port()}`,
    get counts() {
      return { connections, open: links.size, ...traffic };
    },
    forward,
    heal: forward,
    blackhole: () => {
      mode = "blackhole";
      for (const link of links) {
        link.deafen();
        link.mute();
      }
    },
    dropReplies: () => {
      mode = "dropReplies";
      for (const link of links) link.mute();
    },
    latency: (ms) => {
      latencyMs = ms;
    },
    moveTo: (to) => {
      current = to;
    },
    reset: () => {
      for (const link of links) link.reset();
    },
    refuse: listener.refuse,
    listen: listener.listen,
    [Symbol.asyncDispose]: async () => {
      for (const link of links) link.destroy();
      await listener.refuse();
    },
  };
}

interface Listener {
  port(): number;
  listen(): Promise<void>;
  refuse(): Promise<void>;
}

/** Listens at one address, again and again: the port that was free the first time is kept. */
function listenerFor(at: ProxyTarget, accept: Parameters<typeof createServer>[1]): Listener {
  let server: Server | undefined;
  let address = at;
  return {
    port: () => ("port" in address ? address.port : 0),
    listen: async () => {
      if (server !== undefined) return;
      const listening = createServer({ allowHalfOpen: true, noDelay: true }, accept);
      await new Promise<void>((resolve, reject) => {
        listening.once("error", reject).listen(address, resolve);
      });
      const bound = listening.address();
      if (bound !== null && typeof bound === "object") address = { host: "127.0.0.1", port: bound.port };
      server = listening;
    },
    refuse: async () => {
      server?.close(); // its callback would wait for the connections, which go on
      server = undefined;
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
}
