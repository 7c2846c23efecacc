import { connect, type Socket } from "node:net";

export type ProxyTarget = { readonly path: string } | { readonly host: string; readonly port: number };

export interface ProxyTraffic {
  /** Bytes forwarded to the target. */
  bytesUp: number;
  /** Bytes forwarded to the client. */
  bytesDown: number;
  bytesSwallowed: number;
}

/** One client's connection through the proxy. A dead direction drops what comes, the end of the connection included. */
export interface ProxyLink {
  /** Nothing of what the client sends arrives any more. */
  deafen(): void;
  /** Nothing of what the target sends arrives any more. */
  mute(): void;
  /** RST towards both ends. */
  reset(): void;
  destroy(): void;
}

interface LinkOptions {
  readonly client: Socket;
  /** Undefined for a connection that a black hole accepts: the target never receives it. */
  readonly target: ProxyTarget | undefined;
  readonly latencyMs: () => number;
  readonly traffic: ProxyTraffic;
  readonly onClosed: () => void;
}

export function openProxyLink({ client, target, latencyMs, traffic, onClosed }: LinkOptions): ProxyLink {
  const upstream = target === undefined ? undefined : connect({ ...target, allowHalfOpen: true, noDelay: true });
  const ends = upstream === undefined ? [client] : [client, upstream];
  const up = pump({ from: client, to: upstream, latencyMs, traffic, counted: "bytesUp" });
  const down = upstream && pump({ from: upstream, to: client, latencyMs, traffic, counted: "bytesDown" });
  for (const end of ends) {
    end.once("close", () => {
      if (ends.every((each) => each.closed)) onClosed();
    });
  }
  return {
    deafen: up.kill,
    mute: () => down?.kill(),
    reset: () => ends.forEach(resetSocket),
    destroy: () => {
      for (const end of ends) end.destroy();
    },
  };
}

interface PumpOptions {
  readonly from: Socket;
  readonly to: Socket | undefined;
  readonly latencyMs: () => number;
  readonly traffic: ProxyTraffic;
  readonly counted: "bytesUp" | "bytesDown";
}

/** Carries bytes, then the end or the reset, in order and each as late as the latency says. */
function pump({ from, to, latencyMs, traffic, counted }: PumpOptions): { kill(): void } {
  let dead = to === undefined;
  const after = inOrder(latencyMs);

  from.on("data", (chunk) => {
    after(() => {
      if (dead || to === undefined || to.destroyed) {
        traffic.bytesSwallowed += chunk.length;
        return;
      }
      traffic[counted] += chunk.length;
      if (to.write(chunk)) return;
      from.pause();
      to.once("drain", () => from.resume());
    });
  });
  from.once("end", () => after(() => (dead ? from.end() : to?.end())));
  from.once("error", () => after(() => !dead && to !== undefined && resetSocket(to)));
  from.once("close", () => after(() => !dead && to?.destroySoon()));
  return {
    kill: () => {
      dead = true;
      from.resume(); // a black hole does not push back
    },
  };
}

/** Acts at once while there is no latency, else later, and never one act before an earlier one. */
function inOrder(latencyMs: () => number): (act: () => void) => void {
  let waiting = 0;
  let last = Promise.resolve();
  return (act) => {
    const dueAt = performance.now() + latencyMs();
    if (waiting === 0 && latencyMs() === 0) return act();
    waiting += 1;
    last = last
      .then(() => new Promise<void>((resolve) => setTimeout(resolve, Math.max(0, dueAt - performance.now()))))
      .then(() => {
        waiting -= 1;
        act();
      });
  };
}

function resetSocket(socket: Socket): void {
  // A unix socket knows no RST.
  if (socket.remoteAddress === undefined && !socket.connecting) socket.destroy();
  else socket.resetAndDestroy();
}
