import { Redis } from "ioredis";
import { eventually } from "./eventually.js";
import { freePort } from "./private-server.js";
import { type ThrowawayRedis, throwawayRedis } from "./throwaway-redis.js";

export interface ThrowawayRedisCluster extends AsyncDisposable {
  /** As `new Cluster(nodes)` takes them. */
  readonly nodes: readonly { readonly host: string; readonly port: number }[];
}

const HOST = "127.0.0.1";
const SLOTS = 16_384;

/** A Redis Cluster of the test's own: primaries alone, which share the slots evenly. */
export async function throwawayRedisCluster(size = 3): Promise<ThrowawayRedisCluster> {
  const nodes = await Promise.all(Array.from({ length: size }, openNode));
  const stop = async () => void (await Promise.all(nodes.map(({ server }) => server[Symbol.asyncDispose]())));
  const clients = nodes.map(({ server }) => new Redis(server.url));
  try {
    await Promise.all(
      clients.map((client, index) =>
        client.call("CLUSTER", "ADDSLOTSRANGE", slotAt(index, size), slotAt(index + 1, size) - 1),
      ),
    );
    for (const { port, busPort } of nodes.slice(1)) await clients[0]?.call("CLUSTER", "MEET", HOST, port, busPort);
    await eventually(() => Promise.all(clients.map((client) => knowsAll(client, size))), { withinMs: 20_000 });
    return { nodes: nodes.map(({ port }) => ({ host: HOST, port })), [Symbol.asyncDispose]: stop };
  } catch (error) {
    await stop();
    throw error;
  } finally {
    for (const client of clients) client.disconnect();
  }
}

interface Node {
  readonly server: ThrowawayRedis;
  readonly port: number;
  /** Where the nodes talk to each other. */
  readonly busPort: number;
}

async function openNode(): Promise<Node> {
  const busPort = await freePort(); // by itself it would be 10,000 above the other, which may be none
  const args = ["--cluster-enabled", "yes", "--cluster-announce-ip", HOST, "--cluster-port", `${busPort}`];
  const server = await throwawayRedis({ tcp: true, args });
  return { server, port: server.port as number, busPort };
}

const slotAt = (index: number, size: number) => Math.floor((index * SLOTS) / size);

async function knowsAll(client: Redis, size: number): Promise<void> {
  const info = String(await client.call("CLUSTER", "INFO"));
  if (!info.includes("cluster_state:ok") || !info.includes(`cluster_size:${size}\r`))
    throw new Error(`the cluster is not whole: ${info}`);
}
